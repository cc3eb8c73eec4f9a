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
    "csr": _text("File with a CSR, relative to this one; it takes the place of all names."),
    "extensions": _texts("OIDs of further extensions in the CSR."),
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
            "One request for each of these values, which differ in nothing else.", **REQUEST
        ),
        certificate={"type": "object", "description": "The spec of a Certificate."},
        expect={"enum": list(VERDICTS), "description": "The verdict."},
        by=_text("The policy that approves."),
        because=_BECAUSE,
    ),
    "oneOf": [{"required": [how]} for how in ("request", "each", "certificate")],
}

SCHEMA: Final[Mapping[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": KIND,
    **_object(
        "Tests of policies.",
        "apiVersion",
        "kind",
        "tests",
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
    ),
}
