"""A request read to the end: what it asks for, or why it can never be approved."""

import binascii

from approver import x509
from approver.model import Request, parse_duration, quote
from approver.model.request import (
    LONGEST_ISSUER_PART,
    LONGEST_REQUEST,
    MOST_USAGES,
    RequestSpec,
)
from approver.policy import DecodedRequest

_WITHOUT_LINE_BREAKS = {ord("\r"): None, ord("\n"): None}


class UnacceptableError(Exception):
    """A request that no policy can make good; the text says which rule it breaks."""


def read_or_reason(request: Request, limit: int = x509.LIMIT) -> DecodedRequest | str:
    """Return what a request asks for, or why it must not be signed whatever the policies say.

    `limit` is how many bytes of PEM the signer reads.
    """
    try:
        return examine(request, limit)
    except UnacceptableError as error:
        return str(error)


def examine(request: Request, limit: int = x509.LIMIT) -> DecodedRequest:
    """Read the CSR of a request and compare it with the rest of its spec.

    Raise `UnacceptableError` for what must not be signed whatever the policies say.
    """
    spec = request.spec
    _check_sizes(spec)
    pem = _decoded(spec.request)
    try:
        csr = x509.read(pem, limit)
        x509.check_agreement(csr, usages=spec.usages, is_ca=spec.is_ca)
    except x509.Refused as refusal:
        raise UnacceptableError(f"spec.request: {refusal}") from refusal
    return DecodedRequest(request, csr, _duration(spec.duration))


def _decoded(text: str) -> bytes:
    """Decode base64 as Go does: line breaks are nothing to it, and padding to spare is wrong."""
    try:
        encoded = text.translate(_WITHOUT_LINE_BREAKS).encode("ascii")
        decoded = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:  # of which binascii's error is one
        decoded, encoded = b"", b"-"
    if len(encoded) % 4:
        raise UnacceptableError("spec.request is not base64")
    return decoded


def _check_sizes(spec: RequestSpec) -> None:
    """Refuse what cert-manager lets in, and what nobody can mean."""
    if len(spec.usages) > MOST_USAGES:
        raise UnacceptableError(f"spec.usages: more than {MOST_USAGES} entries")
    if len(spec.request) > LONGEST_REQUEST:
        raise UnacceptableError(f"spec.request: more than {LONGEST_REQUEST} characters")
    for name in ("name", "kind", "group"):
        if len(getattr(spec.issuer_ref, name)) > LONGEST_ISSUER_PART:
            raise UnacceptableError(
                f"spec.issuerRef.{name}: more than {LONGEST_ISSUER_PART} characters"
            )


def _duration(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UnacceptableError(f"spec.duration: {quote(text)} is {error}") from None
