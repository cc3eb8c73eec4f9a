"""Service accounts, by the names that Kubernetes gives to them as users."""

from typing import Protocol

from approver.cel.sandbox.protobuf import MessageClass
from approver.model import service_account


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
        return service_account.ServiceAccount.parse(username) is not None

    def of(self, username: str) -> ServiceAccount:
        """Return the service account of a user name; raise ValueError if it is none's."""
        if not (found := service_account.ServiceAccount.parse(username)):
            raise ValueError("not a service account")
        account: ServiceAccount = self._message(**found._asdict())
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
