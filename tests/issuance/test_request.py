"""The request that cert-manager makes of a Certificate, read back."""

import base64
from typing import Any

import pytest

from approver import InvalidObjectError, x509
from approver.issuance import request_for_certificate
from approver.model import Request
from approver.model.subject import COMMON_NAME, SUBJECT_ATTRIBUTES
from tests.controlplane.manifests import Manifest
from tests.issuance import shapes


def request(**spec: Any) -> Request:  # noqa: ANN401 - of a Certificate
    return request_for_certificate(shapes.certificate("web", spec))


def csr(**spec: Any) -> x509.SigningRequest:  # noqa: ANN401 - of a Certificate
    return x509.read(base64.b64decode(request(**spec).spec.request))


def test_names() -> None:
    names = csr(
        dnsNames=["www.example.com"],
        ipAddresses=["192.0.2.1"],
        uris=["spiffe://a/b"],
        emailAddresses=["a@example.com"],
    ).names
    assert names.dns == ("www.example.com",)
    assert names.ip_addresses == ("192.0.2.1",)
    assert names.uris == ("spiffe://a/b",)
    assert names.emails == ("a@example.com",)


def test_every_attribute_of_the_subject() -> None:
    subject = {each.name: "XX" if each.single else ["XX", "YY"] for each in SUBJECT_ATTRIBUTES}
    found = [(each.oid, each.value) for each in csr(commonName="web", subject=subject).subject]
    expected = {(COMMON_NAME, "web")}
    for each in SUBJECT_ATTRIBUTES:
        expected |= {(each.oid, value) for value in ["XX", "YY"][: 1 if each.single else 2]}
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("private_key", "algorithm", "size"),
    [
        ({}, "RSA", 2048),
        ({"algorithm": "RSA", "size": 3072}, "RSA", 3072),
        ({"algorithm": "RSA", "size": 8191}, "RSA", 8191),
        ({"algorithm": "ECDSA"}, "ECDSA", 256),
        ({"algorithm": "ECDSA", "size": 384}, "ECDSA", 384),
        ({"algorithm": "Ed25519"}, "Ed25519", -1),
    ],
)
def test_the_key(private_key: dict[str, Any], algorithm: str, size: int) -> None:
    key = csr(privateKey=private_key, dnsNames=["a"]).key
    assert (key.algorithm, key.size) == (algorithm, size)


def test_it_is_cert_manager_that_asks() -> None:
    made = request(dnsNames=["a"], isCA=True, usages=["cert sign"])
    assert made.requester.username == "system:serviceaccount:cert-manager:cert-manager"
    assert (made.spec.is_ca, made.spec.usages) == (True, ("cert sign",))


def test_what_is_not_stated_is_not_asked_for() -> None:
    spec = request(dnsNames=["a"]).spec
    assert (spec.duration, spec.is_ca, spec.usages) == (None, False, ())


def test_duration_is_written_as_cert_manager_does() -> None:
    assert request(dnsNames=["a"], duration="90m").spec.duration == "1h30m0s"


def test_next_request_of_a_certificate_from_a_cluster() -> None:
    issued = {**shapes.certificate("web", {"dnsNames": ["a"]}), "status": {"revision": 3}}
    made = request_for_certificate(issued)
    assert made.name == "web-4"
    assert made.metadata.annotations["cert-manager.io/certificate-revision"] == "4"


def test_long_name_ends_in_a_digest() -> None:
    name = request_for_certificate(shapes.certificate("a" * 250, {"dnsNames": ["a"]})).name
    assert name.startswith("a" * 168 + "-")
    assert name.endswith("-1")
    assert len(name) == 168 + 1 + 64 + 2


@pytest.mark.parametrize(
    "shape", [*shapes.REFUSED, *shapes.UNMADE], ids=lambda shape: str(shape["spec"])
)
def test_what_cannot_be_made_names_the_field(shape: Manifest) -> None:
    with pytest.raises(InvalidObjectError) as caught:
        request(**shape["spec"])
    assert caught.value.field == shape["field"]


def test_object_identifier_that_cert_manager_cannot_read_again() -> None:
    with pytest.raises(InvalidObjectError, match="an arc above 2147483647") as caught:
        request(otherNames=[{"oid": "1.2.2147483648", "utf8Value": "a"}])
    assert caught.value.field == "spec.otherNames[0].oid"


def test_size_that_no_key_has() -> None:
    with pytest.raises(InvalidObjectError, match="no RSA key has 1 bits; from 2048 to 8192"):
        request(dnsNames=["a"], privateKey={"size": 1})
