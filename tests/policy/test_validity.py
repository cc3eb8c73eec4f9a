"""A policy that cannot work is not ready, and says which field is at fault."""

from typing import Any

import pytest

from approver import InvalidObjectError, Policy
from approver.policy.fields import FIELDS, Style
from approver.review.examine import examine
from tests.crds.examples import SCHEMA, examples, title
from tests.examples import policy, request

SELECTOR: dict[str, Any] = {"issuerRef": {}}
NOT_SUPPORTED = {"no plugins are registered", "rules are not supported here"}


def problems(**spec: Any) -> list[str]:  # noqa: ANN401 - fields of a policy
    return [str(problem) for problem in policy(**spec).problems]


@pytest.mark.parametrize("example", examples("refused"), ids=title)
def test_what_the_api_server_refuses_is_not_ready(example: dict[str, Any]) -> None:
    fields = [problem.field for problem in policy(**example["spec"]).problems]
    path = example["field"]
    assert any(path.startswith(field) or field.startswith(path) for field in fields), fields


@pytest.mark.parametrize("example", examples("accepted"), ids=title)
def test_what_the_api_server_accepts_is_ready(example: dict[str, Any]) -> None:
    judge = policy(**example["spec"])
    unexpected = [
        str(problem) for problem in judge.problems if problem.message not in NOT_SUPPORTED
    ]
    assert unexpected == []


def test_all_problems_are_told_at_once() -> None:
    assert problems(
        selector=SELECTOR,
        allowed={"commonName": {"required": True}, "isCA": "yes"},
        constraints={"maxDuration": "1d", "privateKey": {"algorithm": "DSA", "minSize": 9000}},
    ) == [
        "spec.allowed.commonName.value: is required, or validations, where the field is required",
        "spec.allowed.isCA: must be true or false",
        'spec.constraints.maxDuration: "1d" is not a Go duration such as 1h30m',
        'spec.constraints.privateKey.algorithm: "DSA" is none of "RSA", "ECDSA", "Ed25519"',
        "spec.constraints.privateKey.minSize: 9000 is not between 0 and 8192",
    ]


def test_a_misspelt_field_is_not_passed_over() -> None:
    assert problems(allowedDNSName=["*"], selector=SELECTOR) == [
        "spec.allowedDNSName: there is no such field"
    ]
    assert problems(selector=SELECTOR, allowed={"dnsNames": {"value": "*"}}) == [
        "spec.allowed.dnsNames.value: there is no such field"
    ]


def test_null_is_as_good_as_nothing() -> None:
    assert problems(allowedIsCA=False, allowedDNSNames=None, selector=None) == []


@pytest.mark.parametrize(
    "spec",
    [
        {"allowedSubject": {}, "allowedPrivateKey": {}},
        {"allowedSubject": {"allowedOrganizations": None}, "allowedDNSNames": None},
        {"allowedIsCA": None, "maxDuration": None, "selector": {"issuerRef": None}},
        {"allowed": {"subject": {}}, "constraints": {"privateKey": None}, "selector": {}},
    ],
)
def test_a_blank_policy_approves_nothing(spec: dict[str, Any]) -> None:
    """A form that nobody has filled in sets no field of the pattern style, and selects nothing."""
    blank = policy(**spec)
    assert [problem.field for problem in blank.problems] == ["spec.selector"]
    assert not blank.ready


def test_a_blank_form_beside_a_selector_permits_nothing() -> None:
    form = policy(selector=SELECTOR, allowedSubject={}, allowedPrivateKey={})
    assert form.ready
    asking = examine(request("DNS:www.example.com"))
    assert [str(each.field) for each in form.violations(asking)] == ["spec.allowed.dnsNames"]


def test_what_is_blank_stands_beside_anything() -> None:
    assert problems(maxDuration="1h", allowed={"subject": {}}, constraints={"privateKey": {}}) == []


@pytest.mark.parametrize("spec", [None, {}, [], "x", {"allowed": 1}, {"selector": [1]}])
def test_no_spec_is_too_strange_to_be_read(spec: object) -> None:
    assert not Policy.parse({"metadata": {"name": "x"}, "spec": spec}).ready


def test_metadata_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(InvalidObjectError) as caught:
        Policy.parse({"metadata": {"name": 1}, "spec": {}})
    assert caught.value.field == "name"


@pytest.mark.parametrize("style", Style)
def test_every_field_is_in_the_crd(style: Style) -> None:
    names = [name for field in FIELDS for name in field.names(style)]
    assert len(names) > 15
    for name in names:
        schema = SCHEMA["properties"]["spec"]
        for part in name.split("."):
            schema = schema["properties"][part]


def test_every_field_of_the_crd_is_declared() -> None:
    """The other way round: the leaves of the schema, down to where one declaration reads on."""
    declared = {name for field in FIELDS for style in Style for name in field.names(style)}
    read_elsewhere = {"mode", "plugins", "rules", "selector"}

    def leaves(schema: dict[str, Any], path: str) -> list[str]:
        if path in declared or path in read_elsewhere:
            return []
        properties = schema.get("properties")
        if not properties:
            return [path]
        return [
            leaf
            for name, child in properties.items()
            for leaf in leaves(child, f"{path}.{name}".removeprefix("."))
        ]

    assert leaves(SCHEMA["properties"]["spec"], "") == []
