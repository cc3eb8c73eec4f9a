"""What cert-manager signs, by its own code, and what it would be if it were what we have read."""

import base64
import ipaddress
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cryptography import x509

from approver.x509 import (
    DEFAULT_USAGES,
    USAGES,
    OtherName,
    Refused,
    SigningRequest,
    Subtrees,
    check_agreement,
    is_compared,
    read,
)
from approver.x509.pem import unwrap
from tests.controlplane import binaries
from tests.x509.build import (
    BASIC_CONSTRAINTS,
    EXTENDED_KEY_USAGE,
    KEY_USAGE,
    NAME_CONSTRAINTS,
    SUBJECT_ALT_NAME,
    SUBJECT_KEY_IDENTIFIER,
)
from tests.x509.oracle import other_name

Spec = Mapping[str, Any]
"""Of a CertificateRequest: `request`, `usages` and `isCA` count."""
Signed = Mapping[str, Any]
"""What the program `cert-manager-reader` says of a certificate, or of why there is none."""

SECONDS = 60
_CERT_SIGN: Final = 5

_COPIED = {SUBJECT_ALT_NAME, KEY_USAGE, EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS, NAME_CONSTRAINTS}
_OF_THE_SIGNER = {SUBJECT_KEY_IDENTIFIER, "2.5.29.35"}


def sign(specs: Sequence[Spec]) -> list[Signed]:
    """Have cert-manager sign each request, or refuse it."""
    ended = subprocess.run(
        [str(binaries.find("cert-manager-reader"))],
        input="\n".join(map(json.dumps, specs)),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


def accepted(spec: Spec) -> SigningRequest:
    """Read a request and hold it against its spec as we do; raise Refused."""
    csr = read(base64.b64decode(spec["request"]))
    check_agreement(csr, usages=spec.get("usages", ()), is_ca=spec.get("isCA", False))
    return csr


def can_be_permitted(csr: SigningRequest) -> bool:
    """Say whether a policy can permit it: none can permit what has no text or no field."""
    return not csr.names.unsupported and all(each.value is not None for each in csr.subject)


def agreeing(pem: bytes) -> Spec:
    """Make the spec that says what a request asks for, as far as one can."""
    spec: dict[str, Any] = {"request": base64.b64encode(pem).decode()}
    try:
        csr = read(pem)
    except Refused:
        return spec
    names = {code: name for name, code in USAGES.items()}
    asked = (*sorted(csr.key_usage or ()), *filter(is_compared, csr.extended_key_usage or ()))
    usages = [names[code] for code in asked if code in names]
    return spec | {"usages": usages, "isCA": bool(csr.is_ca or csr.name_constraints)}


def differences(csr: SigningRequest, spec: Spec, signed: Signed) -> Iterator[str]:
    """Name what is in the certificate otherwise than we have read it, or was not read at all."""
    if error := signed.get("error"):
        yield f"not signed: {error}"
        return
    members = _expected(csr, spec)
    theirs = {name: signed[name] for name in members} | {
        "attributes": [[each["oid"], each["value"]] for each in signed["attributes"] or ()],
        "otherNames": _other_names(signed),
    }
    for name, ours in members.items():
        if theirs[name] != ours:
            yield f"{name}: {theirs[name]} is not {ours}"
    extensions = signed["extensions"]
    if unknown := extensions.keys() - _COPIED - _OF_THE_SIGNER:
        yield f"extensions that nobody has judged: {unknown}"
    encoding = unwrap(base64.b64decode(spec["request"]))
    for copied in (signed["subject"], extensions.get(SUBJECT_ALT_NAME, "")):
        if bytes.fromhex(copied) not in encoding:
            yield f"not of the request: {copied}"


def _expected(csr: SigningRequest, spec: Spec) -> dict[str, object]:
    is_ca = spec.get("isCA", False)
    codes = [USAGES[usage] for usage in spec.get("usages") or DEFAULT_USAGES]
    bits = {code for code in codes if isinstance(code, int)} | ({_CERT_SIGN} if is_ca else set())
    usages = [code for code in codes if isinstance(code, str)]
    return {
        "key": {"algorithm": csr.key.algorithm, "size": csr.key.size},
        "dnsNames": _list(csr.names.dns),
        "ipAddresses": _list(csr.names.ip_addresses),
        "uris": _list(csr.names.uris),
        "emailAddresses": _list(csr.names.emails),
        "attributes": [[attribute.oid, attribute.value] for attribute in csr.subject],
        "otherNames": list(csr.names.others),
        "isCA": is_ca,
        "maxPathLen": -1,
        "keyUsage": sum(1 << bit for bit in bits),
        "extendedUsages": _list([*usages, *csr.other_usages]),
        "permitted": _subtrees(csr.name_constraints.permitted),
        "excluded": _subtrees(csr.name_constraints.excluded),
    }


def _other_names(signed: Signed) -> list[OtherName]:
    return [
        other_name(x509.OtherName(x509.ObjectIdentifier(name["oid"]), bytes.fromhex(name["value"])))
        for name in signed["otherNames"] or ()
    ]


def _subtrees(subtrees: Subtrees) -> dict[str, object]:
    networks = map(ipaddress.ip_network, subtrees.ip_ranges)
    ranges = [(network.network_address.packed + network.netmask.packed) for network in networks]
    return {
        "dnsDomains": _list(subtrees.dns_domains),
        "ipRanges": _list([each.hex() for each in ranges]),
        "emailAddresses": _list(subtrees.email_addresses),
        "uriDomains": _list(subtrees.uri_domains),
    }


def _list(values: Sequence[str]) -> list[str] | None:
    """Write a list as Go writes one that nothing was ever added to."""
    return list(values) or None
