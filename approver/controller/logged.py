"""What the log says of requests and of decisions, as fields of a line."""

from approver.model import Decision, Request


def about(request: Request) -> dict[str, object]:
    """Return which request a line is about."""
    issuer = request.issuer
    return {
        "request": f"{request.namespace}/{request.name}",
        "requester": request.requester.username,
        "issuer": f"{issuer.kind}.{issuer.group}/{issuer.name}",
    }


def trace(decision: Decision) -> dict[str, object]:
    """Return the message, and what every policy said that could have mattered."""
    said = {
        name: "not ready"
        if not trace.ready
        else "not bound"
        if trace.bound is False
        else trace.evaluated or "not asked"
        for name, trace in decision.policies.items()
        if trace.selected
    }
    return {"reason": decision.message, "policies": said}
