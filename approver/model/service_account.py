"""The user name of a service account: `system:serviceaccount:NAMESPACE:NAME`."""

from typing import NamedTuple

_PREFIX = "system:serviceaccount:"


class ServiceAccount(NamedTuple):
    """Where a service account lives, and its name."""

    namespace: str
    name: str

    @classmethod
    def parse(cls, username: str) -> "ServiceAccount | None":
        """Read a user name; None if it is not that of a service account."""
        namespace, colon, name = username.removeprefix(_PREFIX).partition(":")
        if not (username.startswith(_PREFIX) and namespace and colon and name):
            return None
        return cls(namespace, name)

    @property
    def username(self) -> str:
        """The user name that the API server gives it."""
        return f"{_PREFIX}{self.namespace}:{self.name}"
