"""serviceAccount(), isServiceAccount(), and what can be done with what they return."""

import pytest

from tests.cel.evaluation import outcome

ACCOUNT = "serviceAccount('system:serviceaccount:a:b')"


@pytest.mark.parametrize(
    ("username", "answer"),
    [
        ("system:serviceaccount:a:b", "true"),
        ("system:serviceaccount:a:b.c-d", "true"),
        ("system:serviceaccount:a:" + "b" * 253, "true"),
        ("system:serviceaccount:a:" + "b" * 254, "false"),
        ("system:serviceaccount:" + "a" * 64 + ":b", "false"),
        ("system:serviceaccount:a.b:c", "false"),
        ("system:serviceaccount:a:b:c", "false"),
        ("system:serviceaccount:a:-b", "false"),
        ("system:serviceaccount:A:b", "false"),
        ("system:serviceaccount:a:b\n", "false"),
        ("System:serviceaccount:a:b", "false"),
        ("", "false"),
    ],
)
def test_it_is_one(username: str, answer: str) -> None:
    assert outcome("isServiceAccount(self)", username) == answer
    named = {"true": "true", "false": "failed"}[answer]
    assert outcome("serviceAccount(self).getName() != ''", username) == named


@pytest.mark.parametrize(
    "rule",
    [
        f"{ACCOUNT}.getName() == 'b' && {ACCOUNT}.getNamespace() == 'a'",
        f"{ACCOUNT} == {ACCOUNT} && {ACCOUNT} != serviceAccount('system:serviceaccount:a:c')",
        f"{ACCOUNT} in [{ACCOUNT}]",
        f"[{ACCOUNT}].map(s, s.getName()) == ['b']",
        f"{ACCOUNT} != null",
        "serviceAccount(cr.username).getNamespace() == cr.namespace",
        "serviceAccount('x').getName() == 'x' || true",
    ],
)
def test_it_holds(rule: str) -> None:
    assert outcome(rule) == "true"


@pytest.mark.parametrize(
    "rule",
    [
        f"{ACCOUNT}.name == 'b'",
        f"{ACCOUNT}.`name` == 'b'",
        f"has({ACCOUNT}.name)",
        f"string({ACCOUNT}) == ''",
        f"{ACCOUNT} < {ACCOUNT}",
        "self.getName() == ''",
        "getName(cr.username) == ''",
        "cm.io.policy.pkg.internal.approver.validation.ServiceAccount{} != null",
    ],
)
def test_it_has_no_fields_and_no_literals(rule: str) -> None:
    assert outcome(rule) == "unusable"


@pytest.mark.parametrize(
    "rule",
    [
        f"dyn({ACCOUNT}) == dyn('system:serviceaccount:a:b')",
        f"dyn({ACCOUNT}) != dyn('b')",
        f"{ACCOUNT} != dyn('b')",
        f"[{ACCOUNT}, 'b'] != ['b', 'b']",
        "dyn(cr).getName() == cr.name",
    ],
)
def test_it_cannot_be_compared_with_anything_else(rule: str) -> None:
    assert outcome(rule) == "failed"
