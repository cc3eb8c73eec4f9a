"""An example made a request, with a CSR of its own, so that the evaluator itself can be asked."""

import base64
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from approver.analysis import parts
from approver.issuance import der, keys
from approver.issuance.certificate import NameConstraints, NameRanges
from approver.issuance.names import name_constraints
from approver.model import InvalidObjectError, Request, groups_of
from approver.model.request import IssuerRef, RequestMeta, RequestSpec
from approver.model.subject import COMMON_NAME, SUBJECT_ATTRIBUTES
from approver.policy.fields.declarations import SUBTREES
from approver.x509 import wrap

_DEFAULTS: Final[Mapping[str, Any]] = {
    parts.NAMESPACE: "x",
    parts.USERNAME: "x",
    parts.ISSUER_NAME: "x",
    parts.ISSUER_KIND: "Issuer",
    parts.ISSUER_GROUP: "cert-manager.io",
    parts.IS_CA: False,
    parts.DURATION: 3600 * 10**9,
    parts.KEY: ("ECDSA", 256),
}
_HOUR: Final = 3600 * 10**9


def request_of(example: Mapping[str, Any], name: str = "example") -> Request:
    """Return a request whose parts are those of an example, and as usual where it has none.

    Raise `ValueError` for what no CSR can hold.
    """
    chosen = {**_DEFAULTS, **example}
    username = chosen[parts.USERNAME]
    spec = RequestSpec(
        request=base64.b64encode(_signing_request(chosen)).decode(),
        issuer_ref=IssuerRef(
            chosen[parts.ISSUER_NAME], chosen[parts.ISSUER_KIND], chosen[parts.ISSUER_GROUP]
        ),
        duration=_duration(chosen[parts.DURATION]),
        is_ca=chosen[parts.IS_CA],
        usages=tuple(chosen.get(parts.ALL_USAGES, ())),
        username=username,
        groups=tuple(dict.fromkeys((*chosen.get(parts.GROUPS, ()), *groups_of(username)))),
    )
    return Request(RequestMeta(name=name, namespace=chosen[parts.NAMESPACE]), spec)


def _duration(nanoseconds: int | None) -> str | None:
    if nanoseconds is None:
        return None
    hours, rest = divmod(nanoseconds, _HOUR)
    return f"{hours}h" if not rest else f"{nanoseconds}ns"


def _signing_request(chosen: Mapping[str, Any]) -> bytes:
    algorithm, size = chosen[parts.KEY]
    key = keys.key(algorithm, max(size, 0))
    extensions = [
        der.sequence(der.object_identifier(oid), der.octets(value))
        for oid, value in _extensions(chosen)
    ]
    attributes = [_extension_request(extensions)] if extensions else []
    info = der.sequence(
        der.INTEGER_ZERO,
        der.sequence(*_subject(chosen)),
        key.public,
        der.context_of(0, *attributes),
    )
    identifier, digest = _SIGNATURES[algorithm]
    return wrap(der.sequence(info, identifier, der.bits(key.sign(info, digest))))


def _extension_request(extensions: Sequence[bytes]) -> bytes:
    return der.sequence(
        der.object_identifier(_EXTENSION_REQUEST), der.set_of(der.sequence(*extensions))
    )


def _subject(chosen: Mapping[str, Any]) -> Iterator[bytes]:
    named = {COMMON_NAME: chosen.get(parts.COMMON_NAME, ())} | {
        each.oid: chosen.get(f"allowed.subject.{each.name}", ()) for each in SUBJECT_ATTRIBUTES
    }
    values = [(oid, text) for oid, texts in named.items() for text in texts]
    for oid, text in (*values, *_pairs(chosen, parts.OTHER_ATTRIBUTES)):
        yield der.set_of(der.sequence(der.object_identifier(oid), der.text(text)))


def _extensions(chosen: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    if names := list(_names(chosen)):
        yield "2.5.29.17", der.sequence(*names)
    if chosen[parts.IS_CA]:
        yield "2.5.29.19", der.sequence(der.BOOLEAN_TRUE)
    if others := [oid for oid, _ in _pairs(chosen, parts.OTHER_USAGES)]:
        raise ValueError(f"usages beside those of the spec: {others}")
    constraints = NameConstraints(
        permitted=_side(chosen, "permitted"), excluded=_side(chosen, "excluded")
    )
    if value := _constraints(constraints):
        yield "2.5.29.30", value
    for oid, _ in _pairs(chosen, parts.EXTENSIONS):
        yield oid, der.NULL


def _constraints(constraints: NameConstraints) -> bytes | None:
    try:
        return name_constraints(constraints)
    except InvalidObjectError as error:
        raise ValueError(f"name constraints: {error}") from error


def _side(chosen: Mapping[str, Any], side: str) -> NameRanges:
    found = {
        kind: tuple(chosen.get(f"allowed.nameConstraints.{side}.{kind}", ())) for kind in SUBTREES
    }
    return NameRanges(
        dns_domains=found["dnsDomains"],
        ip_ranges=found["ipRanges"],
        email_addresses=found["emailAddresses"],
        uri_domains=found["uriDomains"],
    )


def _names(chosen: Mapping[str, Any]) -> Iterator[bytes]:
    for number, part in ((1, parts.EMAILS), (2, parts.DNS), (6, parts.URIS)):
        for text in chosen.get(part, ()):
            yield der.context(number, text.encode("ascii"))
    for text in chosen.get(parts.IPS, ()):
        yield der.context(7, ipaddress.ip_address(text).packed)
    for oid, text in _pairs(chosen, parts.OTHER_NAMES):
        value = der.context_of(0, der.text(text))
        yield der.context_of(0, der.object_identifier(oid), value)


def _pairs(chosen: Mapping[str, Any], part: str) -> Sequence[tuple[str, str]]:
    """Split what is written OID=VALUE."""
    split = (text.partition("=") for text in chosen.get(part, ()))
    return [(oid, value) for oid, _, value in split]


_EXTENSION_REQUEST: Final = "1.2.840.113549.1.9.14"
_SIGNATURES: Final[Mapping[str, tuple[bytes, keys.Digest]]] = {
    "RSA": (
        der.sequence(der.object_identifier("1.2.840.113549.1.1.11"), der.NULL),
        "sha256",
    ),
    "ECDSA": (der.sequence(der.object_identifier("1.2.840.10045.4.3.2")), "sha256"),
    "Ed25519": (der.sequence(der.object_identifier("1.3.101.112")), "sha512"),
}
