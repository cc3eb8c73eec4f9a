"""The port to a rule engine.

An engine compiles and evaluates rules. Who stands behind the port decides how: in other processes,
so that a rule can be stopped, or in this one.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from approver.model import Error
from approver.rules.activation import Activation
from approver.rules.rule import Answer, CelRule, Flaw, Question


class RuleEngineError(Error):
    """No answer can be had now, for a reason that is not the rule's: ask again later."""


class AsyncRuleEngine(Protocol):
    """What the controller asks, on the event loop, which no method may block.

    Any number of calls may be under way at a time. One rule must not keep the others waiting, nor
    take more time or memory than is bounded. An engine answers from nothing but its arguments.
    """

    async def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Return for each rule what is wrong with it, or None.

        It is called once for each version of a policy, with all of its rules. Raise
        `RuleEngineError`; it is then called again later.
        """

    async def ask(
        self, questions: Collection[Question], activation: Activation
    ) -> Mapping[Question, Answer]:
        """Return the answer to each question, all of which are about one request.

        It is called at least once for each request that a policy with rules may decide. A rule that
        cannot be evaluated, or has to be stopped for its own time or memory, is `Answer.FAILED`,
        which is a violation. Raise `RuleEngineError` if there is no answer for another reason: that
        is never a denial, and the request is reviewed again later.
        """


class RuleEngine(Protocol):
    """What the library and the offline commands ask: the same, for callers without a loop."""

    def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Do as `AsyncRuleEngine.compile`."""

    def ask(
        self, questions: Collection[Question], activation: Activation
    ) -> Mapping[Question, Answer]:
        """Do as `AsyncRuleEngine.ask`."""


class DefaultEngine:
    """The engine of those who bring none; made when the first of them needs it."""

    def __init__(self) -> None:
        self._make: Callable[[], RuleEngine] | None = None
        self._engine: RuleEngine | None = None

    def provide(self, make: Callable[[], RuleEngine]) -> None:
        """Set how it is made. This room knows of no engine; the package's root does."""
        self._make = make

    def get(self) -> RuleEngine:
        """Return the engine, the same for all."""
        if self._engine is None:
            if self._make is None:
                raise RuleEngineError("no rule engine was provided")
            self._engine = self._make()
        return self._engine


DEFAULT_ENGINE = DefaultEngine()
