"""The rule engine: CEL in worker processes, which a rule can stop without harm to others."""

import logging
import platform
import sys
from collections.abc import Callable, Collection, Mapping
from importlib.util import find_spec
from typing import Final, Self, TypeVar

from approver.cel import protocol
from approver.cel.pool import Pool
from approver.cel.protocol import Compile, Evaluate, Task
from approver.cel.suspects import Suspects
from approver.rules import Activation, Answer, CelRule, Flaw, Question, RuleEngineError

_log = logging.getLogger(__name__)

_PACKAGE: Final = "cel_expr_python"
_LONGEST_VALUE_BYTES: Final = 4096
_TOO_DEAR: Final = "it takes too much time or memory to compile"

Part = TypeVar("Part", CelRule, Question)


class AsyncEngine:
    """Rules in `workers` processes, which start when there are rules.

    A rule that takes too much time or memory ends the process that it runs in. It is tried once
    more, and fails if that process ends the same way. For ten minutes afterwards it must leave one
    process to the other rules. `on_end` is called with why a process ended: for `time`, for
    `memory`, or `lost`.
    """

    def __init__(
        self,
        workers: int = 2,
        package: str = _PACKAGE,
        *,
        on_end: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._on_end = on_end
        self._pool = Pool(workers)
        self._suspects = Suspects()
        self._missing = _missing(package)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the processes; questions that are under way raise `RuleEngineError`."""
        await self._pool.close()

    @property
    def blocked(self) -> int:
        """How many rules have been stopped lately."""
        return len(self._suspects)

    def resident_memory(self) -> int:
        """Return the bytes of memory that its processes have."""
        return self._pool.resident_memory()

    async def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Return what is wrong with each rule, or None."""
        if self._missing:
            return dict.fromkeys(rules, Flaw(self._missing))

        def task(rules: list[CelRule]) -> Task:
            return Compile(tuple((rule.scope, rule.text) for rule in rules))

        lines = await self._lines([rule for rule in rules if _is_text(rule.text)], _itself, task)
        flaws = {rule: _flaw(line) for rule, line in lines.items()}
        return {rule: flaws.get(rule, Flaw("it is not text")) for rule in rules}

    async def ask(
        self, questions: Collection[Question], activation: Activation
    ) -> Mapping[Question, Answer]:
        """Return the answer to each question; raise `RuleEngineError`."""

        def task(questions: list[Question]) -> Task:
            asked = tuple((each.rule.scope, each.rule.text, each.value) for each in questions)
            return Evaluate(asked, activation)

        lines: Mapping[Question, bytes | None] = {}
        if not self._missing:
            try:
                lines = await self._lines(list(filter(_can_be_asked, questions)), _rule, task)
            except UnicodeEncodeError:  # of the activation
                lines = {}
        return {question: _answer(lines.get(question)) for question in questions}

    async def _lines(
        self,
        parts: list[Part],
        rule: Callable[[Part], CelRule],
        task: Callable[[list[Part]], Task],
    ) -> dict[Part, bytes | None]:
        """Return what workers say to each part, None where its rule stopped two of them."""
        lines: dict[Part, bytes | None] = {}
        while left := [part for part in parts if part not in lines]:
            harmless = [part for part in left if rule(part) not in self._suspects]
            batch = harmless or left
            frame = protocol.frame(task(batch))
            async with self._pool.worker(slow=not harmless) as worker:
                try:
                    said = await worker.do(frame, len(batch))
                except RuleEngineError:
                    self._on_end("lost")
                    raise
            lines.update(zip(batch, said, strict=False))
            if len(said) < len(batch):
                self._on_end(worker.stopped_for)
                stopped_at = batch[len(said)]
                text = rule(stopped_at).text
                _log.warning("a rule took too much time or memory", extra={"rule": text})
                if self._suspects.add(rule(stopped_at)):
                    lines[stopped_at] = None
        return lines


def _missing(package: str) -> str | None:
    """Return why there is no CEL here."""
    if find_spec(package):
        return None
    python = ".".join(map(str, sys.version_info[:2]))
    return (
        "CEL is not available on this platform: cel-expr-python is not installed"
        f" (Python {python}, {sys.platform}, {platform.machine()})"
    )


def _can_be_asked(question: Question) -> bool:
    """Tell whether the engine would take a value as it is: it would cut it at a NUL."""
    return (
        _is_text(question.value)
        and _is_text(question.rule.text)
        and "\0" not in question.value
        and len(question.value.encode()) <= _LONGEST_VALUE_BYTES
    )


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _itself(rule: CelRule) -> CelRule:
    return rule


def _rule(question: Question) -> CelRule:
    return question.rule


def _flaw(line: bytes | None) -> Flaw | None:
    if line is None:
        return Flaw(_TOO_DEAR, lasting=False)
    text = line.removeprefix(protocol.DOUBTFUL).decode()
    return Flaw(text, usable=line.startswith(protocol.DOUBTFUL)) if text else None


def _answer(line: bytes | None) -> Answer:
    return {protocol.TRUE: Answer.TRUE, protocol.FALSE: Answer.FALSE}.get(
        line or b"", Answer.FAILED
    )
