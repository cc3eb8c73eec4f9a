"""The JSON schema of test suites: the one declaration of their keys."""

from collections.abc import Mapping
from typing import Any, Final

API_VERSION: Final = "test.policy.cert-manager.io/v1alpha1"
KIND: Final = "PolicyTest"
VERDICTS: Final = ("approved", "denied", "unmatched", "waiting", "invalid")


def _object(description: str, *required: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - schemas
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _texts(description: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}, "description": description}


_OTHER_NAME: Final = _object(
    "A name of a kind that an OID tells.", "oid", "value", oid=_text("OID"), value=_text("Text")
)
_RANGES: Final[Mapping[str, Any]] = {
    "dnsDomains": _texts("Domains, with all below them."),
    "ipRanges": _texts("Networks, such as 192.0.2.0/24."),
    "emailAddresses": _texts("Addresses, or hosts."),
    "uriDomains": _texts("Hosts of URIs."),
}
REQUEST: Final[Mapping[str, Any]] = {
    "dns": _texts("DNS names."),
    "ips": _texts("IP addresses."),
    "uris": _texts("URIs."),
    "emails": _texts("Email addresses."),
    "otherNames": {"type": "array", "items": _OTHER_NAME, "description": "Names by OID."},
    "cn": _text("Common name."),
    "o": _texts("Organizations."),
    "ou": _texts("Organizational units."),
    "c": _texts("Countries."),
    "l": _texts("Localities."),
    "st": _texts("Provinces."),
    "street": _texts("Street addresses."),
    "postalCode": _texts("Postal codes."),
    "serial": _text("Serial number of the subject."),
    "usages": _texts("Usages, by cert-manager's names."),
    "duration": _text("Go duration such as 720h; none leaves it out, as Certificates do."),
    "key": _text("RSA-2048, ECDSA-256, Ed25519 or the like."),
    "ca": {"type": "boolean", "description": "Whether a CA is asked for."},
    "issuer": _text("NAME, KIND/NAME or KIND.GROUP/NAME."),
    "namespace": _text("Namespace of the request."),
    "as": _text("Who asks; cert-manager by default."),
    "groups": _texts("Groups of whoever asks."),
    "name": _text("Name of the CertificateRequest."),
    "annotations": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Annotations of the CertificateRequest.",
    },
    "permitted": _object("Names for which a CA may sign.", **_RANGES),
    "excluded": _object("Names for which a CA may not sign.", **_RANGES),
    "csr": _text("File with a CSR, relative to this one; it takes the place of all names."),
    "extensions": _texts("OIDs of further extensions in the CSR."),
}
LISTS: Final = frozenset(name for name, each in REQUEST.items() if each["type"] == "array")
"""The keys of a request that have several values."""

_EACH: Final = {
    name: each
    if name in LISTS
    else {"type": "array", "items": each, "description": each["description"]}
    for name, each in REQUEST.items()
}
_BECAUSE: Final = {
    "type": "object",
    "description": "Exactly what each policy has against it; any: whatever it is."
    " Under request: the rule by which nobody may approve it.",
    "additionalProperties": {
        "anyOf": [
            {"type": "string"},
            {
                "type": "array",
                "items": _object(
                    "A violation.",
                    "field",
                    field=_text("Path in the policy, such as spec.allowedDNSNames."),
                    value=_text("What was asked for."),
                ),
            },
        ]
    },
}
_TEST: Final = {
    **_object(
        "A request, and what is to become of it.",
        "name",
        "expect",
        name=_text("What the test shows."),
        request=_object("What is asked for, beyond the defaults.", **REQUEST),
        each=_object(
            "One request for each of these values, which differ in nothing else.", **_EACH
        ),
        certificate={"type": "object", "description": "The spec of a Certificate."},
        expect={"enum": list(VERDICTS), "description": "The verdict."},
        by=_text("The policy that approves."),
        because=_BECAUSE,
    ),
    "oneOf": [{"required": [how]} for how in ("request", "each", "certificate")],
}

_DURATIONS: Final = "Durations: > 2160h, <= 1h, 1h..720h or 720h."
_NEVER: Final = _object(
    "No request that has all of these is ever approved; what is not said may be anything.",
    host=_text("A name that a client would accept: as DNS name, common name, or by a wildcard."),
    dns=_text("Pattern of a DNS name."),
    cn=_text("Pattern of the common name."),
    ip=_text("Pattern of an address."),
    uri=_text("Pattern of a URI."),
    email=_text("Pattern of an email address."),
    o=_text("Pattern of an organization."),
    wildcard={"type": "boolean", "description": "A DNS name with a *."},
    usage=_text("A usage."),
    duration=_text(_DURATIONS),
    ca={"type": "boolean", "description": "Whether a CA is asked for."},
    issuer=_text("NAME, KIND/NAME or KIND.GROUP/NAME."),
    namespace=_text("Pattern of the namespace."),
    **{"as": _text("Who asks.")},
)
_ALWAYS: Final = _object(
    "Every request of this form is approved; what is not said is not asked for.",
    dns=_texts("Patterns: at least one DNS name, and each matches one."),
    ips=_texts("The same for addresses."),
    uris=_texts("The same for URIs."),
    emails=_texts("The same for email addresses."),
    cn=_text("Pattern of the common name."),
    o=_texts("Organizations that may be asked for."),
    usages=_texts("Usages that may be asked for."),
    duration=_text(_DURATIONS),
    key=_text("RSA-2048, ECDSA-256, Ed25519 or the like."),
    ca={"type": "boolean", "description": "Whether a CA may be asked for, too."},
    issuer=_text("NAME, KIND/NAME or KIND.GROUP/NAME."),
    namespace=_text("Pattern of the namespace."),
)
_CLAIM: Final = {
    **_object("A claim.", name=_text("What it shows."), never=_NEVER, always=_ALWAYS),
    "oneOf": [{"required": [how]} for how in ("never", "always")],
}

SCHEMA: Final[Mapping[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": KIND,
    **_object(
        "Tests of policies.",
        "apiVersion",
        "kind",
        apiVersion={"const": API_VERSION},
        kind={"const": KIND},
        metadata={"type": "object"},
        policies=_texts("Files and folders, relative to this file; by default its folder."),
        cluster=_object(
            "What the manifests do not hold.",
            namespaces={
                "type": "object",
                "description": "Namespaces and their labels.",
                "additionalProperties": {
                    "type": ["object", "null"],
                    "additionalProperties": {"type": "string"},
                },
            },
            bound={
                "enum": ["by-manifests", "all"],
                "description": "Whether policies count that roles and bindings let the requester"
                " use, or all; by default the former if a role is about policies.",
            },
        ),
        defaults=_object("A request is this, and what a test says.", **REQUEST),
        tests={"type": "array", "minItems": 1, "items": _TEST, "description": "The tests."},
        claims={
            "type": "array",
            "minItems": 1,
            "items": _CLAIM,
            "description": "What holds of all requests: proven, or refuted by one.",
        },
    ),
    "anyOf": [{"required": ["tests"]}, {"required": ["claims"]}],
}
