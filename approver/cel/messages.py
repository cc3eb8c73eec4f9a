"""What rules see: the types of `cr` and `request`, and how a request becomes their values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Fields = Mapping[str, Any]  # of approver.rules.Activation, named as in rules


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the rules of one scope can name: `variable`, of type `root`, and `self` if `has_self`.

    Rules are checked against `declared` and run on `stored`, both as `schema.load` reads them. The
    two differ where a field cannot be read of every request: `stored` has it as a list, empty if it
    cannot, and `lists` says under which name.
    """

    package: str
    variable: str
    root: str
    declared: str
    stored: str
    fields: Callable[[Fields], Fields]
    lists: Mapping[str, str]
    has_self: bool


SERVICE_ACCOUNT: Final = "ServiceAccount"
_SERVICE_ACCOUNT = """
ServiceAccount
    namespace string 1
    name string 2
"""
_CERTIFICATE_REQUEST = """
CertificateRequest
    name string 1
    namespace string 2
    username string 3
    groups [string] 4
"""
_REQUEST = """
Request
    name string 1
    namespace string 2
    namespaceLabels {string: string} 3
    annotations {string: string} 4
    username string 5
    groups [string] 6
    issuerRef IssuerRef 7
    subject Subject 8
    dnsNames [string] 9
    ipAddresses [string] 10
    uris [string] 11
    emailAddresses [string] 12
    isCA bool 13
    usages [string] 14
    key Key 15
%s
IssuerRef
    name string 1
    kind string 2
    group string 3
Subject
    organizations [string] 1
    countries [string] 2
    organizationalUnits [string] 3
    localities [string] 4
    provinces [string] 5
    streetAddresses [string] 6
    postalCodes [string] 7
    serialNumber [string] 8
Key
    algorithm string 1
    size int64 2
    curve string 3
"""
_DECLARED = """\
    commonName string 16
    duration google.protobuf.Duration 17
"""
_STORED = """\
    commonName [string] 16
    duration [google.protobuf.Duration] 17
    readableCommonName [string] 18
"""
_SECOND = 1_000_000_000


def _certificate_request(about: Fields) -> Fields:
    return {name: about[name] for name in ("name", "namespace", "username", "groups")}


def _request(about: Fields) -> Fields:
    fields = dict(about)
    names, duration = fields.pop("commonNames"), fields.pop("duration")
    return {
        **fields,
        "commonName": names,
        "readableCommonName": (names or [""]) if len(names) <= 1 else [],
        "duration": [] if duration is None else [_duration(duration)],
    }


def _duration(nanoseconds: int) -> Fields:
    seconds, nanos = divmod(abs(nanoseconds), _SECOND)
    sign = -1 if nanoseconds < 0 else 1
    return {"seconds": sign * seconds, "nanos": sign * nanos}


VOCABULARIES: Final[Mapping[str, Vocabulary]] = {
    "value": Vocabulary(
        package="cm.io.policy.pkg.internal.approver.validation",  # approver-policy's: rules name it
        variable="cr",
        root="CertificateRequest",
        declared=_CERTIFICATE_REQUEST,
        stored=_CERTIFICATE_REQUEST + _SERVICE_ACCOUNT,
        fields=_certificate_request,
        lists={},
        has_self=True,
    ),
    "request": Vocabulary(
        package="policyapprover",
        variable="request",
        root="Request",
        declared=_REQUEST % _DECLARED,
        stored=_REQUEST % _STORED + _SERVICE_ACCOUNT,
        fields=_request,
        lists={"commonName": "readableCommonName", "duration": "duration"},
        has_self=False,
    ),
}
