"""The requests that a policy selects and permits, read off the checks that decide about them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from math import inf
from typing import Final

from approver.analysis import language, parts
from approver.analysis.alphabet import ANY_TEXT, SOME_TEXT
from approver.analysis.domains import (
    NONE,
    Choices,
    Domain,
    Labels,
    Members,
    Span,
    Text,
    Texts,
    Values,
)
from approver.analysis.language import EVERYTHING, Language
from approver.analysis.parts import PARTS, whole_of
from approver.analysis.region import Region
from approver.model.labels import Requirement
from approver.policy import Policy
from approver.policy.check import Check
from approver.policy.conditions import AtLeast, AtMost, Condition, Never, OneOf
from approver.policy.fields.issuers import AnyIssuer, IssuerPattern
from approver.policy.part import Part
from approver.policy.part import Values as Shown
from approver.policy.requester import RequesterSelector
from approver.policy.wildcard import Wildcards
from approver.x509 import DEFAULT_USAGES

_KEPT: Final = 10_000
_WORDS: Final = {
    "selector.issuerRef.name": parts.ISSUER_NAME,
    "selector.issuerRef.kind": parts.ISSUER_KIND,
    "selector.issuerRef.group": parts.ISSUER_GROUP,
    "selector.namespace.matchNames": parts.NAMESPACE,
}


def regions(policy: Policy) -> Sequence[Region]:
    """Return regions that hold, between them, what a policy selects and would approve.

    Its rules are left out: they permit no more. So is who may use it. None is empty.
    """
    return _regions(_Same(policy))


def outline(policy: Policy, fields: Collection[str]) -> Sequence[Region]:
    """Return larger regions, which cost less: what a policy selects, by these parts alone."""
    found: Sequence[Region] = [_selected(policy)]
    for check in policy.checks:
        part = check.values.part
        if part and part.field in fields and part.oid is None and part.but is None:
            found = _either(found, _permitted(part, check.condition))
    return found


class _Same:
    """A policy, which is equal to itself only, so that what is read off it can be remembered."""

    __slots__ = ("policy",)

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.policy is other.policy

    def __hash__(self) -> int:
        return id(self.policy)


@lru_cache(_KEPT)
def _regions(same: _Same) -> Sequence[Region]:
    policy = same.policy
    found = list(selected(policy))
    by_oid = defaultdict[str, list[Check]](list)
    for check in policy.checks:
        part = check.values.part
        if part is None:
            continue  # what no policy can permit, and what no example has
        if part.oid is not None or part.but is not None:
            by_oid[part.field].append(check)
        else:
            found = _either(found, _permitted(part, check.condition))
    for field, checks in by_oid.items():
        found = _either(found, [Region({field: _named_by_oid(checks)})])
    return [region for region in found if region.empty_part is None]


def selected(policy: Policy) -> Sequence[Region]:
    """Return regions that hold, between them, what a policy selects."""
    found = [_selected(policy)]
    if policy.selector.issuers:
        found = _either(found, map(_issuer, policy.selector.issuers.patterns))
    if policy.selector.requester:
        found = _either(found, _requesters(policy.selector.requester))
    return [region for region in found if region.empty_part is None]


def _either(found: Sequence[Region], alternatives: Iterable[Region]) -> list[Region]:
    listed = list(alternatives)
    return [region.meet(each) for region in found for each in listed]


def _selected(policy: Policy) -> Region:
    domains: dict[str, Domain] = {
        _WORDS[field]: Text(SOME_TEXT, _patterns(wildcards))
        for field, wildcards in policy.selector.words.items()
    }
    labels = Labels()
    for requirement in policy.selector.labels:
        labels = labels.meet(Labels({requirement.key: _label(requirement)}))
    if labels.labels:
        domains[parts.LABELS] = labels
    return Region({**domains, parts.GROUPS: PARTS[parts.GROUPS]})


def _label(requirement: Requirement) -> Values:
    match requirement.operator:
        case "In":
            return Values(frozenset(requirement.values), excluded=False)
        case "NotIn":
            return Values(frozenset(requirement.values))
        case "Exists":
            return Values(frozenset({None}))
        case _:
            return Values(frozenset({None}), excluded=False)


def _requesters(selector: RequesterSelector) -> Iterator[Region]:
    if selector.usernames.texts:
        yield _user(_patterns(selector.usernames))
    for namespace, name in selector.accounts:
        for first in namespace.texts:
            for second in name.texts:
                account = language.of(f"system:serviceaccount:{first}:{second}")
                yield _user(account.meet(_ACCOUNTS))
    if selector.groups.texts:
        some = (_patterns(selector.groups),)
        yield Region({parts.GROUPS: Texts(ANY_TEXT, EVERYTHING, some)})


# What is no service account: its namespace and its name are there, and have no colon; the namespace
# has no dot, and no dash at an end.
_ACCOUNT: Final = "system:serviceaccount"
_ACCOUNTS: Final = Language(
    without=language.of(
        *(f"{_ACCOUNT}:{text}" for text in ("*:*:*", ":*", "*:", "*.*:*", "-*", "*-:*"))
    ).within
)


def _user(names: Language) -> Region:
    return Region({parts.USERNAME: Text(SOME_TEXT, names)})


def _issuer(pattern: IssuerPattern) -> Region:
    words = {
        parts.ISSUER_NAME: pattern.name,
        parts.ISSUER_KIND: pattern.kind,
        parts.ISSUER_GROUP: pattern.group,
    }
    return Region({part: Text(SOME_TEXT, _patterns(each)) for part, each in words.items()})


def _permitted(part: Part, condition: Condition) -> Iterator[Region]:
    """Yield what passes a check: one region, or one for each issuer."""
    match condition:
        case AnyIssuer(patterns=patterns):
            yield from map(_issuer, patterns)
        case Wildcards():
            yield _matching(part, condition)
        case Never():
            yield _without(part)
        case OneOf() if part.field == parts.IS_CA:
            yield Region({part.field: Members(frozenset(condition.values))})
        case AtLeast() | AtMost() if part.field == parts.DURATION:
            least, most = _bounds(condition)
            yield Region({part.field: Span(least, most, unset=False)})
        case OneOf():
            keys = (key for key in parts.KEYS if condition(key[0]))
            yield Region({parts.KEY: Members(frozenset(keys))})
        case AtLeast() | AtMost():
            keys = (key for key in parts.KEYS if condition(key[1]))
            yield Region({parts.KEY: Members(frozenset(keys))})
        case _:
            raise TypeError(f"{part.field} has a check that nobody here knows: {condition}")


def _bounds(condition: AtLeast | AtMost) -> tuple[float, float]:
    if isinstance(condition, AtLeast):
        return condition.bound, inf
    return 0, condition.bound


def _matching(part: Part, patterns: Wildcards) -> Region:
    whole = whole_of(part.field)
    if isinstance(whole, Choices):
        permitted = frozenset(filter(patterns.match, whole.each))
        empty = part.values is not Shown.DEFAULTED or patterns.match_all(DEFAULT_USAGES)
        return Region({part.field: Choices(permitted, (), empty)})
    some = () if part.values is not Shown.EACH_OR_EMPTY or patterns.match("") else (EVERYTHING,)
    return Region({part.field: Texts(whole.alphabet, _patterns(patterns), some)})


def _without(part: Part) -> Region:
    """Return what has no such values, or, of what must not be missing, has one."""
    whole = whole_of(part.field)
    if isinstance(whole, Choices):
        return Region({part.field: Choices(frozenset())})
    if part.values is Shown.MISSING:
        return Region({part.field: Texts(whole.alphabet, EVERYTHING, (EVERYTHING,))})
    return Region({part.field: Texts(whole.alphabet, NONE)})


def _named_by_oid(checks: Sequence[Check]) -> Texts:
    """Return the lists of values that pass all checks of a field whose values OIDs name.

    Values are written OID=VALUE. Those of an OID are its own checks' matter, but whether there may
    be any is that of the check of all others.
    """
    patterns: dict[str, tuple[str, ...]] = {}
    some = []
    for check in checks:
        part, condition = check.values.part, check.condition
        if part is None:
            continue
        if part.but is not None:
            patterns |= {oid: ("*",) for oid in part.but if oid not in patterns}
        elif part.oid is not None and part.values is Shown.MISSING:
            some.append(language.of(f"{part.oid}=*"))
        elif part.oid is not None:
            patterns[part.oid] = condition.texts if isinstance(condition, Wildcards) else ()
    each = sorted(f"{oid}={text}" for oid, texts in patterns.items() for text in texts)
    return Texts(ANY_TEXT, language.of(*each), tuple(some))


def _patterns(wildcards: Wildcards) -> Language:
    return language.of(*wildcards.texts)
