"""Answers to questions about all requests, each with an example that the evaluator has approved."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approver.analysis import parts
from approver.analysis.bound import bound_to
from approver.analysis.language import UndecidedError
from approver.analysis.limits import limits
from approver.analysis.pieces import MOST_PIECES, let_through, met, outside
from approver.analysis.reading import outline, regions
from approver.analysis.region import Region, Regions
from approver.analysis.witness import request_of
from approver.model import Decision, Request
from approver.policy import Policy
from approver.rbac import Bindings
from approver.review import Catalogue, review
from approver.rules import CelRule


@dataclass(frozen=True, kw_only=True)
class Finding:
    """That a policy permits something: `request` is an example, in a namespace with `labels`.

    Without a request nothing is known: `unknown` says why, such as a rule that said no to the
    example, and may say yes to another.
    """

    policy: Policy
    request: Request | None = None
    labels: Mapping[str, str] | None = None
    unknown: str = ""


class Alternatives:
    """Policies of which one is enough: made ready for others to be held against them."""

    def __init__(self, policies: Iterable[Policy], bindings: Bindings | None = None) -> None:
        ready = [policy for policy in policies if policy.ready and policy.enforcing]
        self._catalogue = Catalogue(ready)
        self._bindings = bindings
        self._regions = [
            (policy, region) for policy in ready for region in _permitted(policy, bindings)
        ]
        self._index = Regions(region for _, region in self._regions)
        self._limits = {policy.name: limits(policy, {}) for policy in ready if policy.rule_checks}

    def approves(
        self, request: Request, labels: Mapping[str, str], leaving_out: Collection[str]
    ) -> bool:
        """Tell whether one of them approves a request from a namespace with these labels."""
        names = self._catalogue.index.selecting(request).difference(leaving_out)
        policies = [self._catalogue.policies[name] for name in names]
        bound = _bound(self._bindings, names, request)
        return review(policies, request, bound, labels).verdict == "approved"

    def near(
        self, region: Region, policy: Policy, leaving_out: Collection[str]
    ) -> tuple[Sequence[Region], Sequence[Region]]:
        """Return what they permit of a policy's region: what is sure, and what they may permit.

        Rules that the policy has, too, take nothing away of what it permits.
        """
        sure, perhaps = list[Region](), list[Region]()
        let_through = _asked_of_values(policy)
        for place in self._index.overlapping(region):
            other, each = self._regions[place]
            if other.name in leaving_out:
                continue
            if _asked_of_values(other) <= let_through:
                sure.append(each)
            else:
                found = self._limits[other.name]
                (sure if found.exact else perhaps).extend(met([each], found.regions))
        return sure, perhaps


def can(
    policies: Iterable[Policy], asked: Sequence[Region], bindings: Bindings | None = None
) -> Iterator[Finding]:
    """Yield for each policy by which somebody can have one of the requests asked about, how.

    Those that are not mentioned are proven not to permit one. A policy that is not ready, or only
    audits, permits none. Without bindings, everybody may use every policy.
    """
    fields = frozenset[str]().union(*(each.domains for each in asked))
    for policy in policies:
        # Most policies have nothing to do with a question, and then one look is enough.
        if policy.ready and policy.enforcing and _may_be_asked(policy, fields, asked):
            yield from _first(policy, _asked_of(policy, asked, bindings), bindings=bindings)


def gained(
    policy: Policy, others: Alternatives, leaving_out: Collection[str] = ()
) -> Iterator[Finding]:
    """Yield what a policy permits and none of some others does: one example, or why none is known.

    Nothing is yielded if that is proven to be nothing. Some of the others can be left out by name.
    """
    if policy.ready and policy.enforcing:
        found = _beyond(policy, others, leaving_out)
        yield from _first(policy, found, others, leaving_out)


def needless(policy: Policy, others: Alternatives, leaving_out: Collection[str] = ()) -> bool:
    """Tell whether it is proven that some others permit all that a policy does."""
    try:
        return policy.ready and not any(_beyond(policy, others, leaving_out))
    except UndecidedError:
        return False


def _may_be_asked(policy: Policy, fields: Collection[str], asked: Sequence[Region]) -> bool:
    return any(
        region.empty_part is None and region.overlaps(each)
        for region in outline(policy, fields)
        for each in asked
    )


def _asked_of_values(policy: Policy) -> frozenset[tuple[object, CelRule]]:
    """Return its rules, each with what it is asked of."""
    return frozenset((check.values.part or check.field, check.rule) for check in policy.rule_checks)


def _permitted(policy: Policy, bindings: Bindings | None) -> Sequence[Region]:
    """Return what a policy permits to those who may use it."""
    return met(regions(policy), bound_to(policy, bindings)) if bindings else regions(policy)


def _bound(
    bindings: Bindings | None, names: Collection[str], request: Request
) -> frozenset[str] | None:
    if bindings is None:
        return None
    return bindings.usable(names, request.requester, request.namespace)


def _asked_of(
    policy: Policy, asked: Sequence[Region], bindings: Bindings | None
) -> Iterator[Region]:
    for region in _permitted(policy, bindings):
        yield from let_through(policy, met([region], asked))


def _beyond(policy: Policy, others: Alternatives, leaving_out: Collection[str]) -> Iterator[Region]:
    """Yield regions of a policy that lie outside of others; first those outside of all they select.

    What rules take away from the others is not always known. So a request outside of all that they
    might permit is sure; another one must be tried.
    """
    for region in met(regions(policy), limits(policy, {}).regions):
        sure, perhaps = others.near(region, policy, leaving_out)
        budget = [MOST_PIECES]
        if beyond := outside(region, [*sure, *perhaps], budget):
            yield from let_through(policy, [beyond])
        elif perhaps and (maybe := outside(region, sure, budget)):
            yield from let_through(policy, [maybe])


def _first(
    policy: Policy,
    found: Iterator[Region],
    others: Alternatives | None = None,
    leaving_out: Collection[str] = (),
    bindings: Bindings | None = None,
) -> Iterator[Finding]:
    """Try examples of regions until one is as it should be."""
    unknown = ""
    try:
        for region in found:
            example = region.example()
            if example is None:
                continue
            outcome = _try_out(policy, example, bindings)
            if isinstance(outcome, Request) and others:
                outcome = _unless_others(others, outcome, example, leaving_out)
            if isinstance(outcome, Request):
                labels = example.get(parts.LABELS, {})
                yield Finding(policy=policy, request=outcome, labels=labels)
                return
            unknown = unknown or outcome
    except UndecidedError as error:
        unknown = str(error)
    if unknown:
        yield Finding(policy=policy, unknown=unknown)


def _try_out(
    policy: Policy, example: Mapping[str, Any], bindings: Bindings | None
) -> Request | str:
    """Return the request that an example is, if the policy approves it, or why that is not so."""
    try:
        request = request_of(example)
    except ValueError as error:
        return f"no example can be made: {error}"
    labels = example.get(parts.LABELS, {})
    decision = review([policy], request, _bound(bindings, [policy.name], request), labels)
    return request if decision.verdict == "approved" else _why_not(policy, decision)


def _unless_others(
    others: Alternatives,
    request: Request,
    example: Mapping[str, Any],
    leaving_out: Collection[str],
) -> Request | str:
    if others.approves(request, example.get(parts.LABELS, {}), leaving_out):
        return "another policy's rules permit the example"
    return request


def _why_not(policy: Policy, decision: Decision) -> str:
    trace = decision.policies[policy.name]
    fields = sorted({violation.field for violation in trace.violations})
    if fields and policy.rule_checks:
        return f"{', '.join(fields)} said no to the example"
    return f"the example is no request that could be approved: {decision.message}"
