"""From facts to a cause, what each policy says, and what to do: pure, and never a guess."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from approver.explain import remedies
from approver.explain.causes import Cause, Row, Seen, cause_of
from approver.explain.facts import Facts
from approver.explain.near_misses import near_misses
from approver.explain.remedies import Remedy
from approver.model import Decision, PolicyTrace, Request, quote, quote_all
from approver.model.request import CERTIFICATE_NAME
from approver.policy import Policy
from approver.review import Catalogue, review

_MOST_REMEDIES: Final = 3
_CURES: Final[Mapping[Cause, str]] = {
    "no-issuer": "create the issuer, or correct spec.issuerRef of what asks for it",
    "no-approver": "start policy-approver: `approver wait` tells when a replica decides",
    "may-not-approve": "grant the approver the right that its event and its log name",
}
_ISSUER_FIELDS: Final = {
    "selector.issuerRef.name": lambda request: request.issuer.name,
    "selector.issuerRef.kind": lambda request: request.issuer.kind,
    "selector.issuerRef.group": lambda request: request.issuer.group,
    "selector.namespace.matchNames": lambda request: request.namespace,
}


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Why a request is where it is. `now` is what would be decided today, None if not known."""

    cause: Cause
    sentence: str
    rows: Sequence[Row]
    now: Decision | None
    remedies: Sequence[Remedy] = ()
    near_misses: Sequence[str] = ()


def diagnose(facts: Facts) -> Diagnosis:
    """Find the cause. Raise `RuleEngineError` if rules cannot be asked."""
    policies = facts.policies or ()
    catalogue = Catalogue(policies)
    everyone = review(catalogue, facts.request, None, facts.labels)
    rows = sorted(_rows(facts, everyone), key=lambda row: row.distance)
    known = {policy.name: facts.is_bound(policy) for policy in policies}
    selecting = [row for row in rows if not row.mismatch]
    unknown = any(row.bound is None for row in selecting)
    bound = {name for name, is_bound in known.items() if is_bound}
    now = None if unknown else review(catalogue, facts.request, bound, facts.labels)
    cause, sentence = cause_of(Seen(facts, rows, everyone, now))
    found = Diagnosis(cause=cause, sentence=sentence, rows=rows, now=now)
    return replace(
        found,
        remedies=list(_remedies(facts, found, catalogue, bound))[:_MOST_REMEDIES],
        near_misses=list(_near_misses(facts, found)),
    )


def _rows(facts: Facts, everyone: Decision) -> Iterator[Row]:
    for policy in facts.policies or ():
        trace = everyone.policies[policy.name]
        against = [str(problem) for problem in trace.problems]
        against += [str(violation) for violation in trace.violations]
        would = {"approved": "approve", "denied": "deny", None: ""}[trace.verdict]
        yield Row(
            policy.name,
            _mismatch(policy, trace, facts.request),
            _misses(policy, trace, facts.request),
            facts.is_bound(policy),
            trace.ready,
            trace.enforcing,
            would,  # type: ignore[arg-type]  # one of these three
            against,
        )


def _misses(policy: Policy, trace: PolicyTrace, request: Request) -> int:
    """Count the parts of the selector that do not match, to tell which policy is nearest."""
    words = sum(
        not wildcards.match(word)
        for words_of, wildcards in policy.selector.patterns
        for word in words_of(request)
    )
    return words or int(trace.mismatch is not None)


def _mismatch(policy: Policy, trace: PolicyTrace, request: Request) -> str:
    """Say which part of the selector does not match what."""
    field = trace.mismatch
    if field is None:
        return ""
    words = policy.selector.words.get(field)
    value = _ISSUER_FIELDS.get(field)
    if words is None or value is None:
        return f"{field} does not match"
    return f"{field} [{quote_all(words.texts)}] does not match {quote(value(request))}"


def _remedies(
    facts: Facts, found: Diagnosis, catalogue: Catalogue, bound: set[str]
) -> Iterator[Remedy]:
    match found.cause:
        case "not-bound":
            yield from _bindings(facts, found, catalogue, bound)
        case "not-ready":
            for row in found.rows:
                if not row.mismatch and row.bound and not row.ready:
                    yield Remedy(f"mend the policy {row.policy}: {'; '.join(row.against)}")
        case "violations" | "denied":
            yield from _changes(facts, found)
        case "request-refused":
            yield Remedy(f"{found.sentence.partition(': ')[2]}; see docs/refused-requests.md")
        case "no-policies" | "none-selects":
            yield from _selection(found)
        case cause if cause in _CURES:
            yield Remedy(_CURES[cause])
        case _:
            return


def _bindings(
    facts: Facts, found: Diagnosis, catalogue: Catalogue, bound: set[str]
) -> Iterator[Remedy]:
    """Bind a policy that selects: first those that would approve."""
    request = facts.request
    for row in found.rows:
        if row.mismatch or not row.enforcing or row.bound:
            continue
        then = review(catalogue, request, bound | {row.policy}, facts.labels)
        yield Remedy(
            f"bind the policy {row.policy} to the requester in this namespace",
            remedies.binding(row.policy, request.requester, request.namespace, facts.bindings),
            then.verdict,
            then.message,
        )


def _changes(facts: Facts, found: Diagnosis) -> Iterator[Remedy]:
    """Change what is asked for, and ask again; nothing else undoes a denial."""
    again = _again(facts.request) if found.cause == "denied" else ""
    if found.now and found.now.verdict == "approved":
        yield Remedy(f"policies have changed since, and would approve it now: {again}".rstrip(": "))
        return
    for row in found.rows:
        if not row.mismatch and row.bound and row.against and row.enforcing:
            text = f"ask for what {row.policy} permits: {'; '.join(row.against)}"
            yield Remedy(f"{text}; then {again}" if again else text)


def _again(request: Request) -> str:
    """Say how a denial, which is final, is got over."""
    delete = f"kubectl delete certificaterequest -n {request.namespace} {request.name}"
    certificate = request.metadata.annotations.get(CERTIFICATE_NAME)
    if certificate:
        return f"`{delete}`, then `cmctl renew -n {request.namespace} {certificate}`"
    return f"`{delete}`, and create it anew"


def _selection(found: Diagnosis) -> Iterator[Remedy]:
    nearest = next((row for row in found.rows if row.mismatch and row.enforcing), None)
    if nearest is None:
        yield Remedy(
            "write a policy that selects it: policies/README.md has examples to begin with"
        )
    else:
        yield Remedy(
            f"the nearest policy is {nearest.policy}: {nearest.mismatch}. Ask that issuer from that"
            " namespace, or have its selector, or another policy, name yours"
        )


def _near_misses(facts: Facts, found: Diagnosis) -> Iterator[str]:
    if found.cause != "not-bound" or facts.bindings is None:
        return
    request = facts.request
    for row in found.rows:
        if not row.mismatch and not row.bound:
            for text in near_misses(
                row.policy, request.requester, request.namespace, facts.bindings
            ):
                yield f"{row.policy}: {text}"
