"""The user names that the API server gives to service accounts."""

import pytest

from approver.model import ServiceAccount


@pytest.mark.parametrize(
    ("username", "namespace", "name"),
    [
        ("system:serviceaccount:team-a:builder", "team-a", "builder"),
        ("system:serviceaccount:a:b.c-d", "a", "b.c-d"),
        (f"system:serviceaccount:{'n' * 63}:{'a' * 253}", "n" * 63, "a" * 253),
    ],
)
def test_is_one(username: str, namespace: str, name: str) -> None:
    account = ServiceAccount.parse(username)
    assert account == (namespace, name)
    assert account
    assert account.username == username


@pytest.mark.parametrize(
    "username",
    [
        *("", "alice", "system:serviceaccount:", "system:serviceaccount:a", "serviceaccount:a:b"),
        *("system:serviceaccount:a:", "system:serviceaccount::b", "system:serviceaccount:a:b:c"),
        *(
            "system:serviceaccount:A:b",
            "system:serviceaccount:a:b\n",
            "system:serviceaccount:a.b:c",
        ),
        f"system:serviceaccount:{'n' * 64}:a",
        f"system:serviceaccount:n:{'a' * 254}",
    ],
)
def test_is_none(username: str) -> None:
    assert ServiceAccount.parse(username) is None
