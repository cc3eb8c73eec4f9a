"""CRP5xx: what a policy permits as a whole."""

from collections.abc import Iterator
from typing import Final

from approver.lint.finding import Hit, Severity
from approver.lint.rule import rule
from approver.lint.subject import Subject
from approver.policy.conditions import AtLeast, Never, OneOf
from approver.policy.fields import FIELDS, Style
from approver.policy.wildcard import Wildcards

_NAMES: Final = ("commonName", "dnsNames", "ipAddresses", "uris", "emailAddresses")
_NAME_FIELDS: Final = frozenset(
    f"spec.{name}"
    for field in FIELDS
    if any(f"allowed.{name}" in field.names(Style.STRUCTURED) for name in _NAMES)
    for style in Style
    for name in field.names(style)
)


def _forbidden(subject: Subject) -> frozenset[str]:
    """Return the fields in which nothing can be asked for."""
    return frozenset(
        check.field
        for check in subject.policy.checks
        if check.part != ".required"
        and (
            isinstance(check.condition, Never)
            or (isinstance(check.condition, Wildcards) and not any(check.condition.texts))
        )
    )


@rule(
    "CRP501",
    "never-approves",
    Severity.ERROR,
    "no request satisfies the policy",
    why="Two parts of the policy contradict each other, so that it denies all that it selects. If "
    "that is meant, say so in the reason of a silencer.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {required: true, values: []}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {required: true, values: ["*.example.com"]}
""",
)
def never_approves(subject: Subject) -> Iterator[Hit]:
    """Find what is required and forbidden, and keys or durations of an empty range."""
    if not subject.policy.ready:
        return
    required = {check.field for check in subject.policy.checks if check.part == ".required"}
    for field in sorted(required & _forbidden(subject)):
        yield Hit(field, "is required, and no value is allowed")
    algorithms = {
        value
        for check in subject.policy.checks
        if isinstance(check.condition, OneOf) and "rivateKey" in check.field
        for value in check.condition.values
    }
    for check in subject.policy.checks:
        condition = check.condition
        too_long = isinstance(condition, AtLeast) and condition.bound > _LARGEST_CURVE
        if check.field.endswith("minSize") and too_long and algorithms == {"ECDSA"}:
            yield Hit(check.field, "no ECDSA key has so many bits")


@rule(
    "CRP502",
    "no-name",
    Severity.ERROR,
    "no name can be asked for, and cert-manager makes no request without one",
    why="A Certificate must have a common name, a DNS name, an address, a URI or an email address. "
    "A policy that permits none of them approves no Certificate.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  usages: [server auth]
constraints: {maxDuration: 24h}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {values: ["*.example.com"]}
  usages: [server auth]
""",
)
def no_name(subject: Subject) -> Iterator[Hit]:
    """Find policies that forbid all kinds of names, other names included."""
    others = subject.at("spec.allowed.otherNames")
    none = len(_forbidden(subject) & _NAME_FIELDS) == len(_NAMES)
    if none and subject.policy.ready and not others and not list(never_approves(subject)):
        yield Hit("spec.allowed", "permits no name at all, and every Certificate has one")


_LARGEST_CURVE: Final = 521
