"""approver-policy's own cases of what its webhook refuses, by the fields that it names.

Where we differ, the case says how, and why.
"""

from typing import Any

import pytest

from approver.webhook.admission import AdmissionRequest
from approver.webhook.policy_admission import PolicyAdmission
from tests.examples import policy_manifest

SELECTOR: dict[str, Any] = {"issuerRef": {}}
LISTS = ("dnsNames", "ipAddresses", "uris", "emailAddresses")
SUBJECT_LISTS = (
    "organizations",
    "countries",
    "organizationalUnits",
    "localities",
    "provinces",
    "streetAddresses",
    "postalCodes",
)
PLACES = [
    *LISTS,
    "commonName",
    *(f"subject.{name}" for name in SUBJECT_LISTS),
    "subject.serialNumber",
]
REQUIRED = [
    f"{place}.{'value' if place in {'commonName', 'subject.serialNumber'} else 'values'}"
    for place in PLACES
]


async def fields(
    admission: PolicyAdmission,
    **spec: Any,  # noqa: ANN401 - any field of a policy
) -> list[str]:
    """Give the fields that a policy is refused for, in order, each once."""
    obj = policy_manifest(**{"selector": SELECTOR, **spec})
    answer = await admission.admit(AdmissionRequest(uid="u", object=obj))
    return sorted({cause.field for cause in answer.causes})


def allowed(each: dict[str, Any]) -> dict[str, Any]:
    """Give `allowed` with the same in every field: one value, or a list of them."""
    text = {("value" if name == "values" else name): what for name, what in each.items()}
    text = {name: (what[0] if name == "value" else what) for name, what in text.items()}
    subject = dict.fromkeys(SUBJECT_LISTS, each)
    return {
        "commonName": text,
        **dict.fromkeys(LISTS, each),
        "subject": {**subject, "serialNumber": text},
    }


async def test_what_is_required_needs_a_value_or_a_rule(admission: PolicyAdmission) -> None:
    refused = await fields(admission, allowed=allowed({"required": True}))
    assert refused == sorted(f"spec.allowed.{place}" for place in REQUIRED)


async def test_with_values_it_is_allowed(admission: PolicyAdmission) -> None:
    assert not await fields(admission, allowed=allowed({"required": True, "values": ["a"]}))
    assert not await fields(admission, allowed=allowed({"required": False, "values": ["a"]}))


async def test_rules_that_compile_are_allowed(admission: PolicyAdmission) -> None:
    assert not await fields(
        admission, allowed=allowed({"validations": [{"rule": "self.size() > 2"}]})
    )


@pytest.mark.parametrize(
    "rule",
    [
        "cel",
        "self > 2",
        "self && false",
        "self.exists(x, p)",
        "self",
        "self == '",
        "self.length < 24",
        "",
        "cr.name[1] > 2",
    ],
)
async def test_rules_that_do_not_compile_are_refused_at_their_place(
    admission: PolicyAdmission, rule: str
) -> None:
    refused = await fields(admission, allowed=allowed({"validations": [{"rule": rule}]}))
    assert refused == sorted(f"spec.allowed.{place}.validations[0]" for place in PLACES)


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        ({"plugins": {"foo": {}, "bar": {}}, "allowed": {"isCA": True}}, ["spec.plugins"]),
        ({"selector": {}, "allowed": {"isCA": True}}, ["spec.selector"]),
        (
            {
                "selector": {"namespace": {"matchLabels": {"$%234": "8dsdk"}}},
                "allowed": {"isCA": True},
            },
            ["spec.selector.namespace.matchLabels"],
        ),
        (
            {
                "constraints": {
                    "privateKey": {"algorithm": "bad-alg", "minSize": 9999, "maxSize": -1},
                    "minDuration": "-1m",
                    "maxDuration": "-2m",
                }
            },
            [
                "spec.constraints.maxDuration",
                "spec.constraints.minDuration",
                "spec.constraints.privateKey.algorithm",
                "spec.constraints.privateKey.maxSize",
                "spec.constraints.privateKey.minSize",
            ],
        ),
        (
            {
                "constraints": {
                    "privateKey": {"algorithm": "Ed25519", "minSize": 100, "maxSize": 500}
                }
            },
            ["spec.constraints.privateKey.maxSize", "spec.constraints.privateKey.minSize"],
        ),
        (
            {
                "constraints": {
                    "privateKey": {"algorithm": "RSA", "minSize": 100, "maxSize": 500},
                    "minDuration": "0s",
                    "maxDuration": "2m",
                }
            },
            [],
        ),
        (
            {
                "allowed": {
                    "otherNames": [
                        {"oid": "1.3.6.1.4.1.311.20.2.3", "required": True},
                        {"oid": "1.2.840.113549.1.9.1", "validations": [{"rule": "cel"}]},
                    ]
                }
            },
            ["spec.allowed.otherNames[0].values", "spec.allowed.otherNames[1].validations[0]"],
        ),
        (
            {
                "allowed": {
                    "otherNames": [
                        {
                            "oid": "1.3.6.1.4.1.311.20.2.3",
                            "required": True,
                            "values": ["*@example.com"],
                            "validations": [{"rule": "self.size() > 2"}],
                        }
                    ]
                }
            },
            [],
        ),
        (
            {
                "allowed": {
                    "otherNames": [
                        {"oid": "1.3.6.1.4.1.311.20.02.3", "values": ["*"]},
                        {"oid": "not-an-oid", "values": ["*"]},
                    ]
                }
            },
            ["spec.allowed.otherNames[0].oid", "spec.allowed.otherNames[1].oid"],
        ),
        (
            {
                "allowed": {
                    "subject": {
                        "otherAttributes": [
                            {"oid": "2.5.4.3", "values": ["*"]},
                            {"oid": "1.2.3.04", "values": ["*"]},
                            {"oid": "not-an-oid", "values": ["*"]},
                            {"oid": "1.2.3.-4", "values": ["*"]},
                        ]
                    }
                }
            },
            [f"spec.allowed.subject.otherAttributes[{n}].oid" for n in range(4)],
        ),
    ],
)
async def test_other_cases(
    admission: PolicyAdmission, spec: dict[str, Any], refused: list[str]
) -> None:
    assert await fields(admission, **spec) == refused
