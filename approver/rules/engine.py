"""The port to a rule engine."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from approver.model import Error
from approver.rules.activation import Activation
from approver.rules.rule import Answer, CelRule, Question


class RuleEngineError(Error):
    """No answer can be had now, for a reason that is not the rule's; ask again later."""


class AsyncRuleEngine(Protocol):
    """What the controller asks."""

    async def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, str | None]:
        """Return what is wrong with each rule, None if it can be used."""

    async def ask(
        self, questions: Collection[Question], activation: Activation
    ) -> Mapping[Question, Answer]:
        """Return the answer to each question; raise `RuleEngineError`."""


class RuleEngine(Protocol):
    """What the library and the offline commands ask: the same, without a loop."""

    def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, str | None]:
        """Return what is wrong with each rule, None if it can be used."""

    def ask(
        self, questions: Collection[Question], activation: Activation
    ) -> Mapping[Question, Answer]:
        """Return the answer to each question; raise `RuleEngineError`."""


class DefaultEngine:
    """Holds the engine of those who bring none; made when the first of them needs it."""

    def __init__(self) -> None:
        self._make: Callable[[], RuleEngine] | None = None
        self._engine: RuleEngine | None = None

    def provide(self, make: Callable[[], RuleEngine]) -> None:
        """Say how to make it."""
        self._make = make

    def get(self) -> RuleEngine:
        """Return the engine, the same for all."""
        if self._engine is None:
            if self._make is None:
                raise RuleEngineError("no rule engine was provided")
            self._engine = self._make()
        return self._engine


DEFAULT_ENGINE = DefaultEngine()
