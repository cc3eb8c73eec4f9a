"""The example policies that users start from."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.controlplane.client import Client
from tests.controlplane.identities import ALICE, CERT_MANAGER, Identity
from tests.controlplane.manifests import load
from tests.examples import example_policies

FILES = example_policies()
AUTHORIZER_SECONDS = 10

Objects = list[dict[str, Any]]


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def objects(request: pytest.FixtureRequest) -> Objects:
    """Give the objects of one file, the policy first."""
    return load(request.param)


@pytest.fixture
def applied(policies: Client, objects: Objects) -> Iterator[Objects]:
    policies.apply(*objects)
    yield objects
    for each in objects:
        policies.delete(each["kind"], each["metadata"]["name"])


def test_bears_the_name_of_its_file(objects: Objects, request: pytest.FixtureRequest) -> None:
    policy, *rbac = objects
    name = request.node.callspec.id

    assert (policy["kind"], policy["metadata"]["name"]) == ("CertificateRequestPolicy", name)
    assert {each["metadata"]["name"] for each in rbac} <= {f"use-policy-{name}"}


@pytest.mark.cluster
def test_is_bound_to_cert_manager_alone(policies: Client, applied: Objects) -> None:
    policy, *rbac = applied
    name = policy["metadata"]["name"]

    if "requester" in policy["spec"].get("selector", {}):
        assert not rbac  # such a policy is bound by itself
    else:
        wait_until_permitted(policies, CERT_MANAGER, name)
    assert not may_use(policies, ALICE, name)


def wait_until_permitted(policies: Client, requester: Identity, policy: str) -> None:
    """Wait for the authorizer, which follows the RBAC objects at a small distance."""
    deadline = time.monotonic() + AUTHORIZER_SECONDS
    while not may_use(policies, requester, policy):
        assert time.monotonic() < deadline, f"{requester.name} may not use {policy}"
        time.sleep(0.05)


def may_use(policies: Client, requester: Identity, policy: str) -> bool:
    """Ask whether the requester may use the policy, for a request in any namespace."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {
            "user": requester.name,
            "groups": list(requester.groups),
            "resourceAttributes": {
                "group": "policy.cert-manager.io",
                "resource": "certificaterequestpolicies",
                "name": policy,
                "verb": "use",
                "namespace": "default",
            },
        },
    }
    allowed: bool = policies.create(review)["status"]["allowed"]
    return allowed
