"""What `check` prints of decisions: as text, or as JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence

from approver.cli.inputs import Case, World
from approver.cli.output import document
from approver.model import Decision, PolicyTrace
from approver.policy import Policy

Decided = tuple[Case, Decision]


def show_decisions(decided: Sequence[Decided], output_format: str, *, explain: bool = False) -> str:
    """Return decisions as text or json, without a line break at the end.

    As text, it says what policies that select a request have against it; of all others and of what
    is approved only if it is to `explain`.
    """
    if output_format == "json":
        return document(requests=[_plain(*each) for each in decided])
    lines = [line for each in decided for line in _text(*each, explain=explain)]
    return "\n".join([*lines, _sum(decided)])


def show_policies(policies: Sequence[Policy], output_format: str) -> str:
    """Return whether policies are valid, as text or json."""
    if output_format == "json":
        plain = [
            {
                "name": policy.name,
                "ready": policy.ready,
                "problems": list(map(str, policy.problems)),
                "warnings": list(map(str, policy.warnings)),
            }
            for policy in policies
        ]
        return document(policies=plain)
    lines = [line for policy in policies for line in _validity(policy)]
    valid = sum(policy.ready for policy in policies)
    return "\n".join([*lines, f"{valid} of {len(policies)} policies are valid"])


def notes(world: World) -> Iterator[str]:
    """Yield what a reader must know of how decisions came about."""
    if world.cases and world.policies:
        if world.binding:
            yield "Policies count where a role and a binding let the requester use them."
        else:
            yield f"All {len(world.policies)} policies count as bound: bindings do not count."
    for policy in world.policies:
        yield from (f"{policy.name}: {warning}" for warning in policy.warnings)
    yield from world.bindings.doubts()
    if world.passed_over:
        yield f"{world.passed_over} other objects or files were passed over."


def _validity(policy: Policy) -> Iterator[str]:
    yield f"{'VALID' if policy.ready else 'INVALID':10}{policy.name}"
    yield from (f"          {problem}" for problem in policy.problems)
    yield from (f"          warning: {warning}" for warning in policy.warnings)


def _plain(case: Case, decision: Decision) -> dict[str, object]:
    return {
        "source": case.source,
        "kind": case.kind,
        "namespace": case.request.namespace,
        "name": case.name,
        **({"certificate": case.certificate} if case.certificate else {}),
        **decision.to_dict(),
    }


def _text(case: Case, decision: Decision, *, explain: bool) -> Iterator[str]:
    name = f"{case.kind} {case.request.namespace}/{case.name}"
    if case.certificate:
        name += f", Certificate {case.certificate}"
    by = f"  by {decision.policy}" if decision.policy else ""
    yield f"{decision.verdict.upper():10}{name}{by}  ({case.source})"
    if decision.verdict == "approved" and not explain:
        return
    said = {
        name: _outcome(trace)
        for name, trace in sorted(decision.policies.items())
        if explain or (trace.selected and not decision.request_problems)
    }
    if decision.request_problems or not said:
        yield f"          {decision.message}"
    for policy, outcomes in said.items():
        for outcome in outcomes:
            yield f"          {policy}: {outcome}"


def _sum(decided: Sequence[Decided]) -> str:
    verdicts = Counter(decision.verdict for _, decision in decided)
    found = ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items()))
    return f"{len(decided)} request{'' if len(decided) == 1 else 's'}: {found}"


def _outcome(trace: PolicyTrace) -> Sequence[str]:
    audit = "" if trace.enforcing else "(audit only) "
    if trace.mismatch:
        return [f"{audit}does not select it: {trace.mismatch} does not match"]
    if trace.problems:
        return [f"{audit}not ready: {problem}" for problem in trace.problems]
    if not trace.bound:
        return [f"{audit}not bound to the requester"]
    if trace.violations:
        return [f"{audit}{violation}" for violation in trace.violations]
    return [f"{audit}{'approves' if trace.verdict else 'cannot be asked'}"]
