"""Roles and bindings are a part of the answer: who may use a policy, and where."""

from itertools import product
from typing import Any

import pytest

from approver.analysis import Alternatives, Question, can, gained
from approver.model import Requester, groups_of
from approver.policy import Policy
from approver.rbac import Bindings, parser

ACCOUNT = "system:serviceaccount:cert-manager:cert-manager"


def policy(name: str, **selector: Any) -> Policy:  # noqa: ANN401 - as YAML has it
    spec = {"selector": {"namespace": {}, **selector}, "allowedDNSNames": ["*.example.com"]}
    return Policy.parse({"metadata": {"name": name}, "spec": spec})


def bindings(subject: dict[str, str], *, names: list[str], namespace: str = "") -> Bindings:
    rule = {
        "apiGroups": ["policy.cert-manager.io"],
        "resources": ["certificaterequestpolicies"],
        "verbs": ["use"],
        **({"resourceNames": names} if names else {}),
    }
    role = {"metadata": {"name": "use"}, "rules": [rule]}
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    binding = {
        "metadata": {"name": "use", **({"namespace": namespace} if namespace else {})},
        "roleRef": {"kind": "ClusterRole", "name": "use"},
        "subjects": [subject],
    }
    objects = (("ClusterRole", role), (kind, binding))
    return Bindings((kind, parser(kind)(obj)) for kind, obj in objects)


CERT_MANAGER = {"kind": "ServiceAccount", "namespace": "cert-manager", "name": "cert-manager"}
ALICE = {"kind": "User", "name": "alice"}
STAFF = {"kind": "Group", "name": "staff"}
ACCOUNTS = {"kind": "Group", "name": "system:serviceaccounts"}


@pytest.mark.parametrize("subject", [CERT_MANAGER, ALICE, STAFF, ACCOUNTS], ids=str)
@pytest.mark.parametrize("names", [["web"], ["other"], []], ids=str)
@pytest.mark.parametrize("namespace", ["", "shop"])
def test_who_can_is_as_the_bindings_say(
    subject: dict[str, str], names: list[str], namespace: str
) -> None:
    known = bindings(subject, names=names, namespace=namespace)
    users = (ACCOUNT, "alice", "bob", "system:serviceaccount:shop:web")
    for user, groups, where in product(users, ((), ("staff",)), ("shop", "blog")):
        asked = Question(user=user, groups=groups, namespace=where).regions()
        requester = Requester(user, (*groups, *groups_of(user)))
        found = list(can([policy("web")], asked, known))
        assert bool(found) == bool(known.usable(["web"], requester, where)), (user, groups, where)
        assert all(each.request for each in found)


def test_a_policy_that_names_its_requesters_needs_no_binding() -> None:
    own = policy("web", requester={"groups": ["on-call"]})
    known = bindings(CERT_MANAGER, names=["other"])

    [found] = can([own], Question().regions(), known)

    assert found.request
    assert "on-call" in found.request.spec.groups


def test_what_is_bound_to_others_only_does_not_make_up_for_a_policy() -> None:
    known = bindings(ALICE, names=["web"])
    claimed = policy("claimed", requester={"usernames": [ACCOUNT]})

    assert not list(gained(claimed, Alternatives([policy("web")])))
    assert list(gained(claimed, Alternatives([policy("web")], known)))
