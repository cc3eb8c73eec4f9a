"""The requests of Ingresses and Gateways, and annotations that cert-manager refuses."""

import pytest

from approver import InvalidObjectError
from approver.issuance import requests_for_gateway, requests_for_ingress
from tests.controlplane.manifests import Manifest
from tests.issuance import shapes


def ingress(*tls: Manifest, **annotations: str) -> Manifest:
    """Make an Ingress; `_` stands for `-` in the names of cert-manager's annotations."""
    given = {
        f"cert-manager.io/{name.replace('_', '-')}": value for name, value in annotations.items()
    }
    blocks = list(tls) or [{"hosts": ["www.example.com"], "secretName": "www"}]
    metadata = {"annotations": given}
    return shapes.made("Ingress", "web", "team-a", {"tls": blocks}, metadata)


def test_each_block_has_a_request_of_its_own() -> None:
    found = requests_for_ingress(shapes.ingress("ingress-several"))
    assert [request.name for request in found] == ["ingress-several-a-1", "ingress-several-b-1"]


def test_listeners_share_the_request_of_a_secret() -> None:
    found = requests_for_gateway(shapes.gateway("gateway"))
    assert [request.name for request in found] == ["gateway-a-1", "gateway-b-1"]


@pytest.mark.parametrize("name", ["note", "issuer_name"])
def test_without_an_issuer_nothing_is_asked_for(name: str) -> None:
    assert requests_for_ingress(ingress(**{name: "ca"})) == []


def test_without_tls_nothing_is_asked_for() -> None:
    empty = {"metadata": ingress(issuer="ca")["metadata"], "spec": {"tls": None}}
    assert requests_for_ingress(empty) == []


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({"issuer": ""}, "the issuer's name is empty"),
        ({"cluster_issuer": "ca", "issuer": "ca"}, "cannot both be set"),
        ({"cluster_issuer": "ca", "issuer_kind": "Issuer"}, "cannot both be set"),
        ({"usages": "server auth,serverAuth"}, "cert-manager.io/usages: 'serverAuth' is not"),
        ({"duration": "90d"}, "cert-manager.io/duration: not a Go duration"),
        ({"renew_before_percentage": "half"}, "'half' is not a number"),
        ({"revision_history_limit": "0"}, "0 is not a positive number"),
        ({"private_key_algorithm": "rsa"}, "'rsa' is none of RSA, ECDSA, Ed25519"),
        ({"private_key_size": "1024"}, "no RSA key has 1024 bits"),
        ({"private_key_size": "2048", "private_key_algorithm": "ECDSA"}, "no ECDSA key has 2048"),
        ({"private_key_encoding": "PKCS7"}, "none of PKCS1, PKCS8"),
        ({"subject_organizations": 'a "b"'}, "not one line of comma-separated values"),
        ({"subject_countries": ""}, "not one line of comma-separated values"),
        ({"secret_template": "a"}, "cert-manager.io/secret-template: "),
        ({"secret_template": '{"a": {}}'}, "not a JSON object of annotations and labels"),
        ({"common_name": "a" * 65}, "the Certificate www made of it would be refused"),
    ],
)
def test_annotations_that_cert_manager_refuses(annotations: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidObjectError, match=message) as caught:
        requests_for_ingress(ingress(**({"issuer": "ca"} | annotations)))
    assert caught.value.field == "metadata.annotations"


def test_one_secret_for_two_blocks() -> None:
    block = {"hosts": ["a.example.com"], "secretName": "tls"}
    with pytest.raises(InvalidObjectError) as caught:
        requests_for_ingress(ingress(block, block, issuer="ca"))
    assert caught.value.field == "spec.tls[1].secretName"
