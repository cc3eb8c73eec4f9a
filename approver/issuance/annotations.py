"""cert-manager's annotations of an Ingress or Gateway, and the Certificate's fields they set.

This is pkg/controller/certificate-shim/helper.go of cert-manager 1.21. `cert-manager.io/uri-sans`
has no part in it.
"""

import csv
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from approver.issuance import keys
from approver.model import InvalidObjectError, parse_duration
from approver.x509 import USAGES

PREFIX: Final = "cert-manager.io/"
FIELD: Final = "metadata.annotations"


def translate(annotations: Mapping[str, str], spec: dict[str, Any]) -> None:
    """Set fields of a Certificate's spec; raise `InvalidObjectError`."""
    for name, (path, read) in _FIELDS.items():
        if (text := annotations.get(PREFIX + name)) is None:
            continue
        value = _value(name, text, read)
        parent, _, field = path.rpartition(".")
        target = spec.setdefault(parent, {}) if parent else spec
        target[field] = [*target.get(field, ()), *value] if name in _ADDED else value
    _check_key_size(spec, annotations.get(PREFIX + "private-key-size"))


def _value(name: str, text: str, read: Callable[[str], Any]) -> Any:  # noqa: ANN401 - of JSON
    try:
        return read(text)
    except ValueError as error:
        raise InvalidObjectError(FIELD, f"{PREFIX}{name}: {error}") from error


def _check_key_size(spec: Mapping[str, Any], text: str | None) -> None:
    if text is None:
        return
    key = spec["privateKey"]
    algorithm, size = key.get("algorithm", "RSA"), key["size"]
    sizes = {"RSA": keys.RSA_SIZES, "ECDSA": keys.CURVES}.get(algorithm)
    if sizes and size not in sizes:
        raise InvalidObjectError(
            FIELD, f"{PREFIX}private-key-size: no {algorithm} key has {size} bits"
        )


def _comma_separated(text: str) -> list[str]:
    return text.split(",")


def _added(text: str) -> list[str]:
    return text.split(",") if text else []


def _quoted(text: str) -> list[str]:
    """Read one line of CSV as Go does, which takes no quote inside a bare value."""
    if not text or not _CSV.fullmatch(text):
        raise ValueError(f"{text!r} is not one line of comma-separated values")
    [values] = csv.reader([text], strict=True)
    return values


def _duration(text: str) -> str:
    parse_duration(text)
    return text


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII):
        raise ValueError(f"{text!r} is not a number")
    return int(text)


def _limit(text: str) -> int:
    if (limit := _integer(text)) < 1:
        raise ValueError(f"{text} is not a positive number")
    return limit


def _usages(text: str) -> list[str]:
    usages = [usage.strip(" ") for usage in text.split(",")]
    for usage in usages:
        if usage not in USAGES:
            raise ValueError(f"{usage!r} is not a usage that cert-manager knows")
    return usages


def _one_of(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise ValueError(f"{text!r} is none of {', '.join(values)}")
        return text

    return read


def _template(text: str) -> object:
    template: object = json.loads(text)
    if not isinstance(template, dict) or not template.keys() <= {"annotations", "labels"}:
        raise ValueError("not a JSON object of annotations and labels")
    return template


_FIELDS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "common-name": ("commonName", str),
    "alt-names": ("dnsNames", _added),
    "ip-sans": ("ipAddresses", _added),
    "email-sans": ("emailAddresses", _comma_separated),
    "subject-organizations": ("subject.organizations", _quoted),
    "subject-organizationalunits": ("subject.organizationalUnits", _quoted),
    "subject-countries": ("subject.countries", _quoted),
    "subject-provinces": ("subject.provinces", _quoted),
    "subject-localities": ("subject.localities", _quoted),
    "subject-postalcodes": ("subject.postalCodes", _quoted),
    "subject-streetaddresses": ("subject.streetAddresses", _quoted),
    "subject-serialnumber": ("subject.serialNumber", str),
    "duration": ("duration", _duration),
    "renew-before": ("renewBefore", _duration),
    "renew-before-percentage": ("renewBeforePercentage", _integer),
    "usages": ("usages", _usages),
    "revision-history-limit": ("revisionHistoryLimit", _limit),
    "private-key-algorithm": ("privateKey.algorithm", _one_of("RSA", "ECDSA", "Ed25519")),
    "private-key-encoding": ("privateKey.encoding", _one_of("PKCS1", "PKCS8")),
    "private-key-size": ("privateKey.size", _integer),
    "private-key-rotation-policy": ("privateKey.rotationPolicy", _one_of("Never", "Always")),
    "secret-template": ("secretTemplate", _template),
}
_ADDED: Final = frozenset({"alt-names", "ip-sans"})
_CSV: Final = re.compile(r'(?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*')
