"""The rule engine for those who have no event loop."""

import asyncio
import atexit
import threading
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Self, TypeVar

from approver.cel.engine import AsyncEngine
from approver.rules import Activation, Answer, CelRule, Flaw, Question

T = TypeVar("T")


class Engine:
    """An `AsyncEngine` on a loop of its own, in a thread that starts with the first rule.

    Any thread may use it. What is not closed is closed when the interpreter ends.
    """

    def __init__(self, workers: int = 2) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Return what is wrong with each rule, or None."""
        return self._run(lambda engine: engine.compile(rules)) if rules else {}

    def ask(
        self, questions: Collection[Question], activation: Activation
    ) -> Mapping[Question, Answer]:
        """Return the answer to each question; raise `RuleEngineError`."""
        return self._run(lambda engine: engine.ask(questions, activation)) if questions else {}

    def close(self) -> None:
        """End the processes and the thread; the next rule starts them anew."""
        with self._lock:
            running, self._running = self._running, None
        if running:
            atexit.unregister(self.close)
            running.close()

    def _run(self, task: Callable[[AsyncEngine], Coroutine[Any, Any, T]]) -> T:
        with self._lock:
            if not self._running:
                self._running = _Running(self._workers)
                atexit.register(self.close)
            running = self._running
        return running.run(task(running.engine))


class _Running:
    """A loop in a thread, and the engine on it."""

    def __init__(self, workers: int) -> None:
        self.engine = AsyncEngine(workers)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cel", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        self.run(self.engine.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
