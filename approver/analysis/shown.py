"""A request as people are shown it in one line, and programs in full."""

from collections.abc import Iterator, Mapping

from approver.model import Request, format_duration
from approver.model.text import quote
from approver.review.examine import read_or_reason

_FEW = 3


def in_one_line(request: Request, labels: Mapping[str, str]) -> str:
    """Return what a request asks for, and who asks whom."""
    return ", ".join(_facts(request, labels))


def _facts(request: Request, labels: Mapping[str, str]) -> Iterator[str]:
    decoded = read_or_reason(request)
    if not isinstance(decoded, str):
        names = decoded.csr.names
        yield from _listed("CN", decoded.subject("2.5.4.3"))
        yield from _listed("O", decoded.subject("2.5.4.10"))
        yield from _listed("dns", names.dns)
        yield from _listed("ip", names.ip_addresses)
        yield from _listed("uri", names.uris)
        yield from _listed("email", names.emails)
        key = decoded.csr.key
        duration = "no duration" if decoded.duration is None else format_duration(decoded.duration)
        yield duration
        yield key.algorithm if key.size < 0 else f"{key.algorithm} {key.size}"
    if request.spec.is_ca:
        yield "CA"
    yield from _listed("usage", request.spec.usages)
    shown = "".join(f" ({key}={value})" for key, value in sorted(labels.items()))
    yield f"namespace {request.namespace}{shown}"
    yield f"{request.issuer.kind} {request.issuer.name}"
    groups = [group for group in request.spec.groups if not group.startswith("system:")]
    of = f" of {', '.join(groups)}" if groups else ""
    yield f"by {request.spec.username}{of}"


def _listed(name: str, values: object) -> Iterator[str]:
    if isinstance(values, tuple | list) and values:
        more = f" and {len(values) - _FEW} more" if len(values) > _FEW else ""
        texts = " ".join(value if value.isprintable() else quote(value) for value in values[:_FEW])
        yield f"{name} {texts}{more}"


def in_full(request: Request, labels: Mapping[str, str]) -> dict[str, object]:
    """Return a request's parts for JSON."""
    spec = request.spec
    return {
        "namespace": request.namespace,
        "namespaceLabels": dict(labels),
        "username": spec.username,
        "groups": list(spec.groups),
        "issuerRef": {
            "name": request.issuer.name,
            "kind": request.issuer.kind,
            "group": request.issuer.group,
        },
        "duration": spec.duration,
        "isCA": spec.is_ca,
        "usages": list(spec.usages),
        "request": spec.request,
    }
