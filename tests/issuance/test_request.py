"""The request that cert-manager makes of a Certificate."""

import base64
from typing import Any

import pytest

from approver import InvalidObjectError, x509
from approver.issuance import request_for_certificate
from approver.model.subject import COMMON_NAME, SUBJECT_ATTRIBUTES


def certificate(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - of a Certificate
    issuer = {"issuerRef": {"name": "ca"}, "secretName": "tls"}
    return {"metadata": {"name": "web", "namespace": "team-a"}, "spec": {**issuer, **spec}}


def csr(**spec: Any) -> x509.SigningRequest:  # noqa: ANN401 - of a Certificate
    request = request_for_certificate(certificate(**spec))
    return x509.read(base64.b64decode(request.spec.request))


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
        ({"algorithm": "ECDSA"}, "ECDSA", 256),
        ({"algorithm": "ECDSA", "size": 384}, "ECDSA", 384),
        ({"algorithm": "Ed25519"}, "Ed25519", -1),
    ],
)
def test_the_key(private_key: dict[str, Any], algorithm: str, size: int) -> None:
    key = csr(privateKey=private_key, dnsNames=["a"]).key
    assert (key.algorithm, key.size) == (algorithm, size)


def test_it_is_cert_manager_that_asks() -> None:
    request = request_for_certificate(certificate(dnsNames=["a"], isCA=True, usages=["cert sign"]))
    assert request.requester.username == "system:serviceaccount:cert-manager:cert-manager"
    assert (request.spec.is_ca, request.spec.usages) == (True, ("cert sign",))


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"literalSubject": "CN=a"}, "spec.literalSubject"),
        ({"privateKey": {"algorithm": "RSA", "size": 1}}, "spec.privateKey.size"),
        ({"ipAddresses": ["a"]}, "spec"),
        ({"subject": {"organisations": ["a"]}}, "spec.subject"),
    ],
)
def test_what_cannot_be_made_names_the_field(spec: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidObjectError) as caught:
        request_for_certificate(certificate(**spec))
    assert caught.value.field == field
