"""Where the API server keeps objects."""

import pytest

from approver.kube.resources import CERTIFICATE_REQUESTS, NAMESPACES, POLICIES, POLICY_DEFINITION


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (NAMESPACES.path(), "/api/v1/namespaces"),
        (NAMESPACES.path("a"), "/api/v1/namespaces/a"),
        (
            CERTIFICATE_REQUESTS.path("web", namespace="a", subresource="status"),
            "/apis/cert-manager.io/v1/namespaces/a/certificaterequests/web/status",
        ),
        (
            CERTIFICATE_REQUESTS.path(namespace="a"),
            "/apis/cert-manager.io/v1/namespaces/a/certificaterequests",
        ),
        (
            POLICIES.path("../x?y"),
            "/apis/policy.cert-manager.io/v1alpha1/certificaterequestpolicies/..%2Fx%3Fy",
        ),
    ],
)
def test_paths(path: str, expected: str) -> None:
    assert path == expected


def test_a_single_object_is_listed_by_its_name() -> None:
    name = "certificaterequestpolicies.policy.cert-manager.io"

    assert POLICY_DEFINITION.selection == {"fieldSelector": f"metadata.name={name}"}
    assert POLICIES.selection == {}


def test_headers() -> None:
    assert NAMESPACES.kind.header == {"apiVersion": "v1", "kind": "Namespace"}
    assert CERTIFICATE_REQUESTS.kind.header == {
        "apiVersion": "cert-manager.io/v1",
        "kind": "CertificateRequest",
    }
