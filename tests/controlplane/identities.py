"""Who may call the test API server: each identity has a token of its own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A user name and groups; the API server adds the group `system:authenticated`."""

    name: str
    groups: tuple[str, ...] = ()


def service_account(namespace: str, name: str) -> Identity:
    """Name a service account as its own token would."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return Identity(f"system:serviceaccount:{namespace}:{name}", groups)


APPROVER_NAMESPACE = "policy-approver"

ADMIN = Identity("admin", ("system:masters",))
CERT_MANAGER = service_account("cert-manager", "cert-manager")
CAINJECTOR = service_account("cert-manager", "cert-manager-cainjector")
APPROVER = service_account(APPROVER_NAMESPACE, "policy-approver")
OTHER_APPROVER = service_account("other-approver", "other-approver")

ALICE = Identity("alice", ("team-a",))
BOB = Identity("bob", ("team-a", "deployers"))
CAROL = Identity("carol", ("team-b",))
BUILDER_A = service_account("team-a", "builder")
BUILDER_B = service_account("team-b", "builder")

TENANTS = (ALICE, BOB, CAROL, BUILDER_A, BUILDER_B)

IDENTITIES = (ADMIN, CERT_MANAGER, CAINJECTOR, APPROVER, OTHER_APPROVER, *TENANTS)
