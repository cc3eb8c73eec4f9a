"""What the log says of requests and of decisions, as fields of a line."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from approver.model import Decision, PolicyTrace, Request, some
from approver.policy import DecodedRequest
from approver.x509 import name_of

_LONGEST: Final = 1024  # characters of a list
_MOST_POLICIES: Final = 20


def request(subject: Request) -> dict[str, object]:
    """Return which request a line is about."""
    issuer = subject.issuer
    return {
        "request": f"{subject.namespace}/{subject.name}",
        "requester": subject.requester.username,
        "issuer": f"{issuer.kind}.{issuer.group}/{issuer.name}",
    }


def asked(decoded: DecodedRequest | str) -> dict[str, object]:
    """Return what a request asks for, as far as it could be read: the trail of an audit."""
    if isinstance(decoded, str):
        return {}
    csr, spec = decoded.csr, decoded.request.spec
    subject = (f"{name_of(each.oid)}={each.value}" for each in csr.subject)
    return {
        "subject": some(subject, len(csr.subject), _LONGEST),
        "names": some(_names(decoded), len(csr.names), _LONGEST),
        "ca": spec.is_ca,
        "usages": some(spec.usages, len(spec.usages), _LONGEST),
        "duration": spec.duration or "",
        "key": f"{csr.key.algorithm} {csr.key.curve or max(csr.key.size, 0) or ''}".strip(),
    }


def trace(decision: Decision) -> dict[str, object]:
    """Return the message, and what the policies with a say in it said."""
    return {
        "reason": decision.message,
        "policy": decision.policy or "",
        "policies": {name: _said(decision.policies[name]) for name in decision.deciding_policies},
    }


def full_trace(decision: Decision) -> dict[str, object]:
    """Return the message, and what every policy said that applies."""
    said = {name: _said(trace) for name, trace in decision.policies.items() if trace.selected}
    return trace(decision) | {"policies": said}


def undecided(decision: Decision) -> dict[str, object]:
    """Return the message, and why none of the first policies decides."""
    names = list(islice(decision.policies, _MOST_POLICIES))
    said = {name: _said(decision.policies[name]) for name in names}
    said |= dict.fromkeys(decision.unasked & said.keys(), "not bound by roles and bindings")
    if more := len(decision.policies) - len(names):
        said["..."] = f"and {more} more policies"
    return {"reason": decision.message, "policies": said}


def _said(trace: PolicyTrace) -> str:
    if trace.mismatch:
        return f"does not select it: {trace.mismatch}"
    if not trace.ready:
        return "not ready"
    if trace.bound is False:
        return "not bound"
    return trace.verdict or "not asked"


def _names(decoded: DecodedRequest) -> Iterator[str]:
    names = decoded.csr.names
    for kind, values in (
        ("DNS", names.dns),
        ("IP", names.ip_addresses),
        ("URI", names.uris),
        ("email", names.emails),
    ):
        for value in values:
            yield f"{kind}:{value}"
    yield from (f"{other.oid}:{other.value}" for other in names.others)
    yield from (f"{other.kind}:{other.value}" for other in names.unsupported)
