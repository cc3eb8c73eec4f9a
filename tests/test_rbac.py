"""Roles and bindings: who may use which policy."""

from typing import Any

import pytest

from approver.model import Requester
from approver.rbac import Bindings, Role, parser

BUILDER = Requester("system:serviceaccount:team-a:builder", ("system:serviceaccounts",))
USE = {
    "apiGroups": ["policy.cert-manager.io"],
    "resources": ["certificaterequestpolicies"],
    "verbs": ["use"],
}


def bindings(*objects: dict[str, Any]) -> Bindings:
    return Bindings([(obj["kind"], parser(obj["kind"])(obj)) for obj in objects])


def role(kind: str, namespace: str = "", **rule: Any) -> dict[str, Any]:  # noqa: ANN401 - of a rule
    metadata = {"name": "use-it", "namespace": namespace}
    return {"kind": kind, "metadata": metadata, "rules": [USE | rule]}


def binding(
    kind: str, subject: dict[str, str], to: str = "ClusterRole", namespace: str = ""
) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {"name": "bound", "namespace": namespace},
        "roleRef": {"kind": to, "name": "use-it"},
        "subjects": [subject],
    }


def usable(known: Bindings, namespace: str = "team-a") -> list[str]:
    return sorted(known.usable(["web", "internal"], BUILDER, namespace))


@pytest.mark.parametrize(
    "subject",
    [
        {"kind": "User", "name": BUILDER.username},
        {"kind": "Group", "name": "system:serviceaccounts"},
        {"kind": "ServiceAccount", "name": "builder", "namespace": "team-a"},
    ],
)
def test_a_cluster_role_bound_everywhere(subject: dict[str, str]) -> None:
    known = bindings(role("ClusterRole"), binding("ClusterRoleBinding", subject))
    assert usable(known) == ["internal", "web"]
    assert usable(known, "team-b") == ["internal", "web"]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ({"matchLabels": {"to-use-it": "yes"}}, ["web"]),
        ({"matchExpressions": [{"key": "to-use-it", "operator": "Exists"}]}, ["web"]),
        ({"matchLabels": {"to-use-it": "no"}}, []),
        ({"matchExpressions": [{"key": "to-use-it", "operator": "DoesNotExist"}]}, []),
    ],
)
def test_a_role_that_others_make_up(selector: dict[str, Any], found: list[str]) -> None:
    """In a repository nobody has written its rules yet; a cluster's controller will."""
    part = role("ClusterRole", resourceNames=["web"])
    part["metadata"] = {"name": "part", "labels": {"to-use-it": "yes"}}
    whole = {
        "kind": "ClusterRole",
        "metadata": {"name": "use-it"},
        "aggregationRule": {"clusterRoleSelectors": [selector]},
    }
    subject = {"kind": "User", "name": BUILDER.username}
    assert usable(bindings(part, whole, binding("ClusterRoleBinding", subject))) == found


def test_a_role_counts_in_its_namespace() -> None:
    subject = {"kind": "ServiceAccount", "name": "builder"}  # of the binding's namespace
    known = bindings(
        role("Role", "team-a", resourceNames=["web"]),
        binding("RoleBinding", subject, "Role", "team-a"),
    )
    assert usable(known) == ["web"]
    assert usable(known, "team-b") == []


@pytest.mark.parametrize(
    "rule",
    [
        {"verbs": ["get"]},
        {"apiGroups": ["cert-manager.io"]},
        {"resources": ["certificates"]},
        {"resourceNames": ["other"]},
    ],
)
def test_another_permission_is_none(rule: dict[str, Any]) -> None:
    subject = {"kind": "User", "name": BUILDER.username}
    assert (
        usable(bindings(role("ClusterRole", **rule), binding("ClusterRoleBinding", subject))) == []
    )


def test_an_asterisk_is_everything() -> None:
    subject = {"kind": "User", "name": BUILDER.username}
    everything: dict[str, Any] = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    known = bindings(role("ClusterRole", **everything), binding("ClusterRoleBinding", subject))
    assert usable(known) == ["internal", "web"]


def test_a_binding_without_its_role_grants_nothing() -> None:
    subject = {"kind": "User", "name": BUILDER.username}
    assert usable(bindings(binding("ClusterRoleBinding", subject))) == []


def test_what_is_removed_or_replaced_no_longer_counts() -> None:
    subject = {"kind": "User", "name": BUILDER.username}
    known = bindings(role("ClusterRole"), binding("ClusterRoleBinding", subject))
    known.put("ClusterRole", Role.parse(role("ClusterRole", resourceNames=["web"])))
    assert usable(known) == ["web"]

    known.remove("ClusterRoleBinding", "", "bound")
    assert usable(known) == []
    assert list(known.doubts()) == []
