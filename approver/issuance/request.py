"""The CertificateRequest that cert-manager's requestmanager makes for a Certificate."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from approver.issuance.certificate import Certificate, read_certificate
from approver.issuance.csr import signing_request
from approver.issuance.validation import check_certificate
from approver.model import (
    Request,
    Requester,
    RequestSpec,
    ServiceAccount,
    parse_duration,
)
from approver.model.request import CERTIFICATE_NAME, RequestMeta

CERT_MANAGER: Final = Requester.of(ServiceAccount("cert-manager", "cert-manager"))
"""Who makes the requests of every Certificate, where cert-manager is installed as usual."""


def request_for_certificate(obj: Mapping[str, Any]) -> Request:
    """Return the request that cert-manager makes for a Certificate, with a key of its kind.

    Raise `InvalidObjectError` for what the API would refuse, and what cannot be made.
    """
    certificate = read_certificate(obj)
    spec = certificate.spec
    check_certificate(spec)
    requested = RequestSpec(
        request=base64.b64encode(signing_request(spec)).decode(),
        issuer_ref=spec.issuer_ref,
        duration=None if spec.duration is None else _go_duration(spec.duration),
        is_ca=spec.is_ca,
        usages=spec.usages,
        username=CERT_MANAGER.username,
        groups=CERT_MANAGER.groups,
    )
    return Request(_metadata(certificate), requested)


def _metadata(certificate: Certificate) -> RequestMeta:
    metadata = certificate.metadata
    revision = certificate.status.revision + 1
    copied = {
        key: value for key, value in metadata.annotations.items() if not key.startswith(_NOT_COPIED)
    }
    own = {
        CERTIFICATE_NAME: metadata.name,
        "cert-manager.io/certificate-revision": str(revision),
        "cert-manager.io/private-key-secret-name": _generated_name(metadata.name),
    }
    return RequestMeta(
        name=f"{_shortened(metadata.name)}-{revision}",
        namespace=metadata.namespace,
        annotations=copied | own,
    )


def _shortened(name: str) -> str:
    """Return a name that leaves room for the revision, with a digest in place of what is cut."""
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()
    start = re.sub(r"[^a-zA-Z0-9]+$", "", name[: _LONGEST_NAME - len(digest) - 1])
    return f"{start}-{digest}" if start else digest


def _generated_name(name: str) -> str:
    """Return a name as the API server generates it, which ends in five letters by chance."""
    return f"{name}-"[:_LONGEST_GENERATED] + "xxxxx"


def _go_duration(text: str) -> str:
    """Return a duration of an hour or more as Go writes it: 720h0m0s."""
    minutes, rest = divmod(parse_duration(text), 60 * _SECOND)
    seconds, nanoseconds = divmod(rest, _SECOND)
    fraction = f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""
    return f"{minutes // 60}h{minutes % 60}m{seconds}{fraction}s"


# The default of cert-manager's --copied-annotation-prefixes.
_NOT_COPIED: Final = ("kubectl.kubernetes.io/", "fluxcd.io/", "argocd.argoproj.io/")
_LONGEST_NAME: Final = 233
_LONGEST_GENERATED: Final = 58
_SECOND: Final = 10**9
