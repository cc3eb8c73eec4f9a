"""What commands print of decisions: as text, or as JSON."""

import json
from collections.abc import Iterable
from typing import Final

from approver.cli.inputs import Case
from approver.model import Decision, PolicyTrace

FORMATS: Final = ("text", "json")

Decided = tuple[Case, Decision]


def show(decided: Iterable[Decided], output_format: str) -> str:
    """Return decisions in one of FORMATS, without a line break at the end."""
    if output_format == "json":
        return json.dumps([_plain(*each) for each in decided], indent=2, ensure_ascii=False)
    return "\n".join(_text(*each) for each in decided)


def _plain(case: Case, decision: Decision) -> dict[str, object]:
    return {
        "source": case.source,
        "kind": case.kind,
        "namespace": case.request.namespace,
        "name": case.name,
        **({"certificate": case.certificate} if case.certificate else {}),
        **decision.to_dict(),
    }


def _text(case: Case, decision: Decision) -> str:
    name = f"{case.kind} {case.request.namespace}/{case.name}"
    if case.certificate:
        name += f", Certificate {case.certificate}"
    lines = [
        f"{name}: {decision.verdict.upper()}  ({case.source})",
        f"  {decision.message}",
        *(f"  {policy}: {_policy(trace)}" for policy, trace in sorted(decision.policies.items())),
    ]
    return "\n".join(lines)


def _policy(trace: PolicyTrace) -> str:
    if not trace.enforcing:
        return f"(audit only) {_outcome(trace)}"
    return _outcome(trace)


def _outcome(trace: PolicyTrace) -> str:
    if trace.problems:
        return "not ready: " + "; ".join(str(problem) for problem in trace.problems)
    if not trace.selected:
        return "does not select it"
    if not trace.bound:
        return "not bound to the requester"
    if trace.violations:
        return "; ".join(str(violation) for violation in trace.violations)
    return "approves" if trace.verdict else "cannot be asked"
