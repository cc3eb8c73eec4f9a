"""A policy: read once, when it arrives, then asked about request after request."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from approver.model import InvalidObjectError, ObjectMeta, Problem, Request, Violation, quote
from approver.policy.check import FEW, Check, RuleCheck
from approver.policy.conditions import Condition
from approver.policy.consents import Consent, given
from approver.policy.decoded import DecodedRequest
from approver.policy.fields import FIELDS, Style
from approver.policy.selector import Selector
from approver.policy.spec_reader import SpecReader, blank
from approver.rules import DEFAULT_ENGINE, Answer, CelRule, Flaw, Question, RuleEngine

_CONSENTING = "spec.allowed."
_MISSPELT = "there is no such field"


def _top_level(style: Style) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for field in FIELDS for name in field.names(style))


_PATTERN_FIELDS = _top_level(Style.PATTERN) - _top_level(Style.STRUCTURED)


@dataclass(frozen=True)
class Policy:
    """A `CertificateRequestPolicy`, compiled.

    One that is not ready has `problems`, or rules that no engine has looked at yet; it still
    says which requests it selects. `consents` are what it permits that needs a policy's consent,
    None if that is not known: not all is there that was written, or something is wrong with it.
    """

    metadata: ObjectMeta
    problems: tuple[Problem, ...]
    enforcing: bool
    selector: Selector
    consents: frozenset[Consent] | None
    checks: tuple[Check, ...]
    rule_checks: tuple[RuleCheck, ...]
    compiled: bool
    """Whether an engine has looked at its rules."""
    restricts_nothing: bool
    """Whether it has neither `allowed` nor `constraints`."""
    warnings: tuple[Problem, ...] = ()
    """What is wrong with it, and does not keep it from being evaluated."""

    @classmethod
    def parse(cls, obj: Mapping[str, Any], engine: RuleEngine | None = None) -> Self:
        """Read a decoded JSON or YAML object, and have its rules looked at.

        What is wrong with its spec ends up in `problems`; only `metadata` that cannot be read
        raises `InvalidObjectError`. Without an `engine`, the default one is asked.
        """
        policy = cls.read(obj)
        if policy.compiled:
            return policy
        return policy.with_rule_flaws((engine or DEFAULT_ENGINE.get()).compile(policy.rules))

    @classmethod
    def read(cls, obj: Mapping[str, Any]) -> Self:
        """Do as `parse`, but leave it to the caller to have the rules looked at."""
        if not isinstance(obj, Mapping):
            raise InvalidObjectError("", "must be an object")
        metadata = ObjectMeta.parse(obj.get("metadata") or {})
        spec = SpecReader(obj.get("spec") or {}, "spec", {})
        style = _style(spec)
        checks = [check for field in FIELDS for check in field.checks(spec, style)]
        rule_checks = tuple(check for check in checks if isinstance(check, RuleCheck))
        policy = cls(
            metadata=metadata,
            enforcing=_enforcing(spec.child("mode")),
            selector=Selector.read(spec.child("selector"), style),
            consents=frozenset(given(spec, style)),
            checks=tuple(check for check in checks if isinstance(check, Check)),
            rule_checks=rule_checks,
            compiled=not rule_checks,
            restricts_nothing=spec.child("allowed").blank and spec.child("constraints").blank,
            problems=(),
        )
        _note_unusable(spec, style)
        # First what is misspelt, which may be the cause of the rest.
        problems = sorted(spec.problems, key=lambda problem: problem.message != _MISSPELT)
        if any(f"{problem.field}.".startswith(_CONSENTING) for problem in problems):
            policy = replace(policy, consents=None)  # what is at fault may have been one
        return replace(policy, problems=tuple(problems))

    @classmethod
    def unreadable(cls, name: str, reason: str) -> Self:
        """Return what stands for an object that cannot be read: not ready, for every request."""
        spec = Problem("spec", reason)
        return replace(cls.read({"metadata": {"name": name}}), problems=(spec,), consents=None)

    @property
    def rules(self) -> frozenset[CelRule]:
        """The rules that it asks of requests."""
        return frozenset(check.rule for check in self.rule_checks)

    def with_rule_flaws(self, flaws: Mapping[CelRule, Flaw | None]) -> Self:
        """Return it with what an engine says of each of its rules."""
        found = [
            (flaw.usable, Problem(check.place, flaw.text))
            for check in self.rule_checks
            if (flaw := flaws[check.rule])
        ]
        problems = (problem for usable, problem in found if not usable)
        warnings = tuple(problem for usable, problem in found if usable)
        return replace(self, compiled=True, problems=(*self.problems, *problems), warnings=warnings)

    def with_problem(self, problem: str, path: str) -> Self:
        """Return it with something that is wrong with a field of its spec."""
        return replace(self, problems=(*self.problems, Problem(f"spec.{path}", problem)))

    def with_requester_selectors_off(self) -> Self:
        """Return it with the problem that it says itself for whom it is, if it does."""
        if not self.self_bound:
            return self
        return self.with_problem("is switched off in this cluster", "selector.requester")

    def with_losses(self, problem: str) -> Self:
        """Return it with the problem that not all is there that was written."""
        return replace(self, problems=(*self.problems, Problem("spec", problem)), consents=None)

    @cached_property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @cached_property
    def ready(self) -> bool:
        """Whether it can be evaluated."""
        return self.compiled and not self.problems

    @cached_property
    def self_bound(self) -> bool:
        """Whether it says itself for whom it is, and so needs nobody's permission to use it."""
        return self.selector.requester is not None

    def selects(self, request: Request, namespace_labels: Mapping[str, str]) -> bool:
        """Tell whether it applies to a request from a namespace with these labels."""
        return self.selector.selects(request, namespace_labels)

    def permits(self, request: DecodedRequest) -> bool:
        """Tell whether a request breaks it in no way, as far as rules need not be asked."""
        for values_of, condition, is_met in self._tests:
            values = values_of(request)
            if len(values) > FEW:
                if not is_met(request):
                    return False
            else:
                for value in values:
                    if not condition(value):
                        return False
        return True

    @cached_property
    def _tests(
        self,
    ) -> Sequence[
        tuple[
            Callable[[DecodedRequest], Sequence[Any]], Condition, Callable[[DecodedRequest], bool]
        ]
    ]:
        return [(check.values.of, check.condition, check.is_met) for check in self.checks]

    def violations(self, request: DecodedRequest) -> Iterator[Violation]:
        """Yield every way in which a request breaks it, as far as rules need not be asked."""
        for check in self.checks:
            yield from check.violations(request)

    def questions(self, request: DecodedRequest) -> Iterator[Question]:
        """Yield what its rules are to be asked of a request."""
        for check in self.rule_checks:
            yield from check.questions(request)

    def rule_violations(
        self, request: DecodedRequest, answers: Mapping[Question, Answer]
    ) -> Iterator[Violation]:
        """Yield every way in which a request breaks its rules."""
        for check in self.rule_checks:
            yield from check.violations(request, answers)


def _style(spec: SpecReader) -> Style:
    fields = spec.mapping() or {}
    patterns = sorted(name for name in _PATTERN_FIELDS & fields.keys() if not blank(fields[name]))
    if not patterns:
        return Style.STRUCTURED
    for name in ("allowed", "constraints"):
        if not spec.child(name).blank:
            spec.child(name).problem(f"must not be set beside {patterns[0]}: choose one style")
    return Style.PATTERN


def _enforcing(mode: SpecReader) -> bool:
    text = mode.text()
    if text not in {None, "Enforce", "Audit"}:
        mode.problem(f'{quote(str(text))} is neither "Enforce" nor "Audit"')
    return text != "Audit"


def _note_unusable(spec: SpecReader, style: Style) -> None:
    """Note what no field has read: plugins, and what does not exist."""
    plugins = spec.child("plugins")
    if plugins.mapping():
        plugins.problem("no plugins are registered")
    blank_form = _PATTERN_FIELDS if style is Style.STRUCTURED else frozenset()
    for node in spec.unknown():
        if node.path.removeprefix("spec.") not in blank_form:
            node.problem(_MISSPELT)
