"""The port through which CEL rules are asked; an engine stands behind it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

import msgspec

Scope = Literal["value", "request"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL expression that says yes or no.

    With scope "value" it is over `self`, one value of the request, and `cr`; with scope
    "request" over `request`.
    """

    text: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule says of a request; `value` is its `self`, if it has one."""

    rule: Rule
    value: str = ""


class Answer(Enum):
    """What a rule says.

    FAILED is an error at evaluation, or a rule that was stopped twice for its own time or memory.
    """

    TRUE = "true"
    FALSE = "false"
    FAILED = "failed"


class About(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "namespace_labels": "namespaceLabels",
        "issuer_ref": "issuerRef",
        "common_names": "commonNames",
        "dns_names": "dnsNames",
        "ip_addresses": "ipAddresses",
        "email_addresses": "emailAddresses",
        "is_ca": "isCA",
    },
):
    """The request that questions are about; rules over one value see its first line only.

    Mappings use the names that rules use: `issuer_ref` has `name`, `kind` and `group`, `subject`
    lists such as `organizations`, `key` has `algorithm`, `size` (bits) and `curve`. `duration` is
    in nanoseconds, None if the request sets none.
    """

    name: str = ""
    namespace: str = ""
    username: str = ""
    groups: tuple[str, ...] = ()
    namespace_labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    issuer_ref: Mapping[str, str] = {}
    common_names: tuple[str, ...] = ()
    subject: Mapping[str, tuple[str, ...]] = {}
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    email_addresses: tuple[str, ...] = ()
    is_ca: bool = False
    usages: tuple[str, ...] = ()
    duration: int | None = None
    key: Mapping[str, str | int] = {}


class RuleEngineError(Exception):
    """No answer can be had now, for a reason that is not the rule's; ask again later."""


class AsyncRuleEngine(Protocol):
    """What the controller asks."""

    async def compile(self, rules: Collection[Rule]) -> Mapping[Rule, str | None]:
        """Return what is wrong with each rule, None if it can be used."""

    async def ask(self, questions: Collection[Question], about: About) -> Mapping[Question, Answer]:
        """Return the answer to each question; raise `RuleEngineError`."""


class RuleEngine(Protocol):
    """What the library and the offline commands ask: the same, without a loop."""

    def compile(self, rules: Collection[Rule]) -> Mapping[Rule, str | None]:
        """Return what is wrong with each rule, None if it can be used."""

    def ask(self, questions: Collection[Question], about: About) -> Mapping[Question, Answer]:
        """Return the answer to each question; raise `RuleEngineError`."""


class NoRuleEngine:
    """Stands in where there is no engine: no rule can be used."""

    def compile(self, rules: Collection[Rule]) -> Mapping[Rule, str | None]:
        """Refuse every rule."""
        return dict.fromkeys(rules, "rules are not supported here")

    def ask(self, questions: Collection[Question], _: About) -> Mapping[Question, Answer]:
        """Fail at every question."""
        return dict.fromkeys(questions, Answer.FAILED)


class DefaultEngine:
    """Holds the engine of those who bring none; made when the first of them needs it."""

    def __init__(self) -> None:
        self._make: Callable[[], RuleEngine] = NoRuleEngine
        self._engine: RuleEngine | None = None

    def provide(self, make: Callable[[], RuleEngine]) -> None:
        """Say how to make it."""
        self._make = make

    def get(self) -> RuleEngine:
        """Return the engine, the same for all."""
        if self._engine is None:
            self._engine = self._make()
        return self._engine


DEFAULT_ENGINE = DefaultEngine()
