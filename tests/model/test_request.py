"""What a CertificateRequest object says, and whether it still wants a decision."""

import pytest

from approver import InvalidObjectError, Request
from approver.model import IssuerRef

OBJECT = {
    "metadata": {"name": "web", "namespace": "team-a"},
    "spec": {"request": "", "issuerRef": {"name": "ca"}},
}


def with_condition(kind: str, status: str = "True", reason: str = "") -> Request:
    condition = {"type": kind, "status": status, "reason": reason}
    return Request.parse(OBJECT | {"status": {"conditions": [condition]}})


def test_issuer_is_defaulted_as_cert_manager_does() -> None:
    assert Request.parse(OBJECT).issuer == IssuerRef("ca", "Issuer", "cert-manager.io")


def test_new_request_is_open() -> None:
    assert Request.parse(OBJECT).open


@pytest.mark.parametrize("kind", ["Approved", "Denied"])
def test_decided_request_is_not(kind: str) -> None:
    assert not with_condition(kind).open


@pytest.mark.parametrize("reason", ["Issued", "Failed", "Denied"])
def test_finished_request_is_not(reason: str) -> None:
    assert not with_condition("Ready", "False", reason).open


def test_request_that_a_signer_has_only_looked_at_is() -> None:
    assert with_condition("Ready", "False", "Pending").open


def test_request_being_deleted_is_not() -> None:
    metadata = {"name": "web", "deletionTimestamp": "2026-01-01T00:00:00Z"}
    assert not Request.parse(OBJECT | {"metadata": metadata}).open


def test_request_with_a_certificate_is_not() -> None:
    assert not Request.parse(OBJECT | {"status": {"certificate": "LS0="}}).open


@pytest.mark.parametrize(
    ("obj", "field"),
    [
        ({"metadata": {}, "spec": {"request": 1, "issuerRef": {"name": "ca"}}}, "spec.request"),
        ({"metadata": {}, "spec": {"request": "", "issuerRef": {}}}, "spec.issuerRef"),
        (
            {"metadata": {}, "spec": {"request": "", "issuerRef": {"name": "ca"}, "usages": [1]}},
            "spec.usages[0]",
        ),
        ({"metadata": {}}, ""),
    ],
)
def test_unreadable_object_names_the_field(obj: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidObjectError) as caught:
        Request.parse(obj)
    assert caught.value.field == field
