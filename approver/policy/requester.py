"""Which requesters a policy is for, where it says so itself."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from approver.model import Requester, ServiceAccount
from approver.policy.spec_reader import SpecReader
from approver.policy.wildcard import Wildcards


class Account(NamedTuple):
    """Patterns for a service account's namespace and name."""

    namespace: Wildcards
    name: Wildcards


@dataclass(frozen=True, slots=True)
class RequesterSelector:
    """Matches a requester by the user name, one of the groups, or the service account."""

    usernames: Wildcards
    groups: Wildcards
    accounts: tuple[Account, ...]

    @classmethod
    def read(cls, node: SpecReader) -> "RequesterSelector | None":
        """Read `selector.requester`, noting problems, with which it is for everybody.

        None if it is not set.
        """
        if not node.present:
            return None
        noted = len(node.problems)
        lists = [node.child(name) for name in ("usernames", "groups", "serviceAccounts")]
        if node.mapping() is not None and not any(child.present for child in lists):
            node.problem("needs usernames, groups or serviceAccounts")
        usernames, groups, accounts = lists
        for child in lists:
            if child.items() == ():
                child.problem("must not be empty")
        selector = cls(
            Wildcards(usernames.texts() or ()),
            Wildcards(groups.texts() or ()),
            tuple(_account(item) for item in accounts.items() or ()),
        )
        if len(node.problems) > noted or any(node.unknown()):
            return replace(selector, usernames=Wildcards(("*",)))
        return selector

    def matches(self, requester: Requester) -> bool:
        """Tell whether the policy is for this requester; it never is for one without a name."""
        if not requester.username:
            return False
        return (
            self.usernames.match(requester.username)
            or any(map(self.groups.match, requester.groups))
            or self._matches_account(requester.username)
        )

    def _matches_account(self, username: str) -> bool:
        account = ServiceAccount.parse(username)
        return account is not None and any(
            patterns.namespace.match(account.namespace) and patterns.name.match(account.name)
            for patterns in self.accounts
        )


def _account(node: SpecReader) -> Account:
    return Account(_required(node.child("namespace")), _required(node.child("name")))


def _required(node: SpecReader) -> Wildcards:
    text = node.text()
    if text is None:
        node.problem("is required")
    return Wildcards(() if text is None else (text,))
