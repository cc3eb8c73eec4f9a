"""Pattern style: an omitted field does not restrict."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from approver import Request
from approver.review.examine import examine
from tests.controlplane.manifests import certificate_request
from tests.controlplane.pki import PrivateKey, signing_request
from tests.examples import policy, request


def violated(spec: dict[str, Any], asked: Request) -> list[str]:
    """Give the paths of what a request violates."""
    judge = policy(**spec)
    assert judge.ready, judge.problems
    return [violation.field for violation in judge.violations(examine(asked))]


def with_key(key: PrivateKey) -> Request:
    return Request.parse(
        certificate_request("web", "team-a", signing_request("", "DNS:a", key=key))
    )


EVERYTHING_ASKED = request(
    "DNS:www.example.com",
    "IP:10.0.0.1",
    "URI:spiffe://cluster/web",
    "email:web@example.com",
    common_name="web",
    duration="720h",
)


def test_says_nothing_about_what_it_leaves_out() -> None:
    assert violated({"maxDuration": "720h"}, EVERYTHING_ASKED) == []


@pytest.mark.parametrize(
    ("field", "allows", "allows_not"),
    [
        ("allowedDNSNames", ["*.example.com"], ["*.example.org"]),
        ("allowedDNSNames", ["a", "www.*"], []),
        ("allowedIPAddresses", ["10.*"], ["192.168.*"]),
        ("allowedURIs", ["spiffe://cluster/*"], ["spiffe://other/*"]),
        ("allowedEmailAddresses", ["*@example.com"], ["*@EXAMPLE.com"]),
        ("allowedCommonName", "w*", ""),
        ("allowedUsages", ["digital signature", "key*"], ["digital signature"]),
        ("minDuration", "720h", "720h0m0.000000001s"),
        ("maxDuration", "720h", "719h59m59.999999999s"),
        ("allowedIsCA", False, True),
        ("allowedIssuer", [{"name": "ca"}], [{"name": "ca", "kind": "ClusterIssuer"}]),
        ("allowedIssuer", [{"name": "x"}, {"name": "*", "kind": "*", "group": "*"}], []),
        ("allowedIssuer", [{"name": "c*", "group": ""}], [{"name": "ca", "group": "example.com"}]),
    ],
)
def test_each_field(field: str, allows: object, allows_not: object) -> None:
    assert violated({field: allows}, EVERYTHING_ASKED) == []
    assert set(violated({field: allows_not}, EVERYTHING_ASKED)) == {f"spec.{field}"}


def test_every_value_that_does_not_match_is_a_violation() -> None:
    asked = request("DNS:a.example.org", "DNS:www.example.com", "DNS:b.example.org")
    judge = policy(allowedDNSNames=["*.example.com"])
    assert [violation.value for violation in judge.violations(examine(asked))] == [
        "a.example.org",
        "b.example.org",
    ]


def test_absent_common_name_is_the_empty_string() -> None:
    nameless = request("DNS:www.example.com")
    assert violated({"allowedCommonName": ""}, nameless) == []
    assert violated({"allowedCommonName": "*"}, nameless) == []
    assert violated({"allowedCommonName": "web"}, nameless) == ["spec.allowedCommonName"]


def test_subject_fields() -> None:
    asked = Request.parse(
        certificate_request("web", "team-a", signing_request("", organizations=["Acme", "Evil"]))
    )
    assert violated({"allowedSubject": {"allowedOrganizations": ["Acme", "E*"]}}, asked) == []
    assert violated({"allowedSubject": {"allowedOrganizations": ["Acme"]}}, asked) == [
        "spec.allowedSubject.allowedOrganizations"
    ]


def test_duration_bounds_need_a_duration() -> None:
    assert violated({"maxDuration": "1h"}, request("DNS:a")) == ["spec.maxDuration"]
    assert violated({"minDuration": "0s"}, request("DNS:a")) == ["spec.minDuration"]


def test_ca_is_compared_exactly() -> None:
    assert violated({"allowedIsCA": True}, request("DNS:a")) == ["spec.allowedIsCA"]
    assert violated({"allowedIsCA": False}, request("DNS:a", isCA=True)) == ["spec.allowedIsCA"]
    assert violated({"allowedIsCA": True}, request("DNS:a", isCA=True)) == []


@pytest.mark.parametrize(
    ("key", "algorithm", "size"),
    [
        (rsa.generate_private_key(65537, 2048), "RSA", 2048),
        (ec.generate_private_key(ec.SECP384R1()), "ECDSA", 384),
        (ec.generate_private_key(ec.SECP521R1()), "ECDSA", 521),
    ],
)
def test_private_keys(key: PrivateKey, algorithm: str, size: int) -> None:
    asked = with_key(key)
    exact = {"allowedAlgorithm": algorithm, "minSize": size, "maxSize": size}
    assert violated({"allowedPrivateKey": exact}, asked) == []
    assert violated({"allowedPrivateKey": {"allowedAlgorithm": "Ed25519"}}, asked) == [
        "spec.allowedPrivateKey.allowedAlgorithm"
    ]
    assert violated({"allowedPrivateKey": {"minSize": size + 1}}, asked) == [
        "spec.allowedPrivateKey.minSize"
    ]
    assert violated({"allowedPrivateKey": {"maxSize": size - 1}}, asked) == [
        "spec.allowedPrivateKey.maxSize"
    ]


def test_an_ed25519_key_is_smaller_than_any_bound() -> None:
    asked = with_key(ed25519.Ed25519PrivateKey.generate())
    assert violated({"allowedPrivateKey": {"allowedAlgorithm": "Ed25519"}}, asked) == []
    assert violated({"allowedPrivateKey": {"maxSize": 0}}, asked) == []
    assert violated({"allowedPrivateKey": {"minSize": 0}}, asked) == [
        "spec.allowedPrivateKey.minSize"
    ]
