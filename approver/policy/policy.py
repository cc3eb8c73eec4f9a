"""A policy: read once, when it arrives, then asked about request after request."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from approver.model import ObjectMeta, Problem, Request, Violation, quote
from approver.policy.asked import Asked
from approver.policy.check import Check
from approver.policy.field import Style
from approver.policy.fields import EXTENSIONS, FIELDS
from approver.policy.node import Node
from approver.policy.selector import Selector

_PATTERN_FIELDS = frozenset(
    names.pattern.partition(".")[0]
    for field in FIELDS
    for names in field.spellings
    if names.pattern
)


@dataclass(frozen=True)
class Policy:
    """A `CertificateRequestPolicy`, compiled.

    One that is not ready has `problems`, and still says which requests it selects.
    `extensions` are the OIDs of the CSR extensions that it lists.
    """

    metadata: ObjectMeta
    problems: tuple[Problem, ...]
    enforcing: bool
    selector: Selector
    extensions: frozenset[str]
    checks: tuple[Check, ...]

    @classmethod
    def parse(cls, obj: Mapping[str, Any]) -> Self:
        """Read a decoded JSON or YAML object.

        What is wrong with its spec ends up in `problems`; only `metadata` that cannot be read
        raises `InvalidObjectError`.
        """
        metadata = ObjectMeta.parse(obj.get("metadata") or {})
        spec = Node(obj.get("spec") or {}, "spec", {})
        style = _style(spec)
        policy = cls(
            metadata=metadata,
            enforcing=_enforcing(spec.child("mode")),
            selector=Selector.read(spec.child("selector"), style),
            extensions=EXTENSIONS.listed(spec, style),
            checks=tuple(check for field in FIELDS for check in field.checks(spec, style)),
            problems=(),
        )
        _note_unusable(spec)
        return replace(policy, problems=tuple(spec.problems))

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def ready(self) -> bool:
        """Whether it can be evaluated."""
        return not self.problems

    @property
    def binds(self) -> bool:
        """Whether it says itself for whom it is, and so needs nobody's permission to use it."""
        return self.selector.requester is not None

    def selects(self, request: Request, namespace_labels: Mapping[str, str]) -> bool:
        """Tell whether it applies to a request from a namespace with these labels."""
        return self.selector.selects(request, namespace_labels)

    def violations(self, asked: Asked) -> tuple[Violation, ...]:
        """Return every way in which a request breaks it; none means that it approves."""
        return tuple(violation for check in self.checks for violation in check.violations(asked))


def _style(spec: Node) -> Style:
    fields = spec.mapping() or {}
    patterns = sorted(name for name in fields if name in _PATTERN_FIELDS)
    if not patterns:
        return Style.STRUCTURED
    for name in ("allowed", "constraints"):
        if spec.child(name).present:
            spec.child(name).problem(f"must not be set beside {patterns[0]}: choose one style")
    return Style.PATTERN


def _enforcing(mode: Node) -> bool:
    text = mode.text()
    if text not in {None, "Enforce", "Audit"}:
        mode.problem(f'{quote(str(text))} is neither "Enforce" nor "Audit"')
    return text != "Audit"


def _note_unusable(spec: Node) -> None:
    """Note what no field has read: plugins, what is not supported, what does not exist."""
    plugins = spec.child("plugins")
    if plugins.mapping():
        plugins.problem("no plugins are registered")
    rules = spec.child("rules")
    if rules.present:
        rules.problem("is not supported yet")
    for node in spec.unknown():
        node.problem("there is no such field")
