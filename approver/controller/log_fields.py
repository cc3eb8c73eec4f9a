"""What the log says of requests and of decisions, as fields of a line."""

from approver.model import Decision, PolicyTrace, Request


def request(subject: Request) -> dict[str, object]:
    """Return which request a line is about."""
    issuer = subject.issuer
    return {
        "request": f"{subject.namespace}/{subject.name}",
        "requester": subject.requester.username,
        "issuer": f"{issuer.kind}.{issuer.group}/{issuer.name}",
    }


def trace(decision: Decision) -> dict[str, object]:
    """Return the message, and what the policies with a say in it said."""
    return {
        "reason": decision.message,
        "policies": {name: _said(decision.policies[name]) for name in decision.deciding_policies},
    }


def full_trace(decision: Decision) -> dict[str, object]:
    """Return the message, and what every policy said that applies."""
    said = {name: _said(trace) for name, trace in decision.policies.items() if trace.selected}
    return {"reason": decision.message, "policies": said}


def _said(trace: PolicyTrace) -> str:
    if not trace.ready:
        return "not ready"
    if trace.bound is False:
        return "not bound"
    return trace.verdict or "not asked"
