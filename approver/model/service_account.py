"""The user names of service accounts: `system:serviceaccount:NAMESPACE:NAME`."""

import re
from typing import Final, NamedTuple, Self

from approver.model import dns

_PREFIX: Final = "system:serviceaccount:"
_USERNAME: Final = re.compile(rf"{_PREFIX}({dns.LABEL}):({dns.SUBDOMAIN})")
_ACCOUNTS: Final = "system:serviceaccounts"
_AUTHENTICATED: Final = "system:authenticated"
_LONGEST_NAMESPACE: Final = 63
_LONGEST_NAME: Final = 253


class ServiceAccount(NamedTuple):
    """Where a service account lives, and its name."""

    namespace: str
    name: str

    @classmethod
    def parse(cls, username: str) -> Self | None:
        """Read a user name as the API server does; None if it is not a service account's."""
        found = _USERNAME.fullmatch(username)
        if not found or len(found[1]) > _LONGEST_NAMESPACE or len(found[2]) > _LONGEST_NAME:
            return None
        return cls(*found.groups())

    @property
    def username(self) -> str:
        """The user name that the API server gives it."""
        return f"{_PREFIX}{self.namespace}:{self.name}"


def groups_of(username: str) -> tuple[str, ...]:
    """Return the groups that the API server adds to a user: those of service accounts, and all."""
    account = ServiceAccount.parse(username)
    if account is None:
        return (_AUTHENTICATED,)
    return (_ACCOUNTS, f"{_ACCOUNTS}:{account.namespace}", _AUTHENTICATED)
