"""Service accounts, by the names that Kubernetes gives to them as users."""

import re
from typing import Final, Protocol

from approver.cel.schema import MessageClass

_PREFIX: Final = "system:serviceaccount:"
_LABEL: Final = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_USERNAME = re.compile(rf"{_PREFIX}(?P<namespace>{_LABEL}):(?P<name>{_LABEL}(?:\.{_LABEL})*)")
_LONGEST_NAMESPACE: Final = 63
_LONGEST_NAME: Final = 253


class ServiceAccount(Protocol):
    """A value of the type that rules know."""

    namespace: str
    name: str


class ServiceAccounts:
    """The functions of service accounts, which are messages of the class `message`."""

    def __init__(self, message: MessageClass) -> None:
        self._message = message

    def is_one(self, username: str) -> bool:
        """Tell whether a user name is a service account's."""
        return _parse(username) is not None

    def of(self, username: str) -> ServiceAccount:
        """Return the service account of a user name; raise ValueError if it is none's."""
        if not (found := _parse(username)):
            raise ValueError("not a service account")
        account: ServiceAccount = self._message(**found.groupdict())
        return account

    def name(self, account: ServiceAccount) -> str:
        """Return its name."""
        return self._checked(account).name

    def namespace(self, account: ServiceAccount) -> str:
        """Return its namespace."""
        return self._checked(account).namespace

    def _checked(self, account: ServiceAccount) -> ServiceAccount:
        """Refuse other messages, which the engine does not tell from service accounts."""
        if type(account) is not self._message:
            raise TypeError("not a service account")
        return account


def _parse(username: str) -> re.Match[str] | None:
    found = _USERNAME.fullmatch(username)
    if not found or len(found["namespace"]) > _LONGEST_NAMESPACE:
        return None
    return found if len(found["name"]) <= _LONGEST_NAME else None
