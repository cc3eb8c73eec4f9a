"""What roles and bindings show of access is what the API server's authorizer says."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import product
from typing import Any

import pytest

from approver.controller.access_informers import AccessInformers
from approver.kube.authorizer import Authorizer
from approver.kube.session import Session
from approver.model import Requester
from tests.controlplane import Client, ControlPlane, Identity
from tests.controlplane.identities import ALICE, BOB, BUILDER_A, BUILDER_B, CAROL
from tests.controlplane.manifests import Manifest
from tests.controlplane.manifests import namespace as a_namespace

POLICIES = frozenset({"web", "internal", "edge"})
ASKERS = (ALICE, BOB, CAROL, BUILDER_A, BUILDER_B)
NAMESPACES = ("access-a", "access-b")
ALL = list(product(ASKERS, (*NAMESPACES, "default")))
_GROUP = "rbac.authorization.k8s.io"
_ROLES, _BINDINGS = 14, 30


def rule(chance: random.Random) -> Manifest:
    names = chance.sample([*POLICIES, "*", "elsewhere"], chance.randrange(3))
    return {
        "apiGroups": chance.choice([["policy.cert-manager.io"], ["*"], ["cert-manager.io"]]),
        "resources": chance.choice(
            [["certificaterequestpolicies"], ["*"], ["certificaterequestpolicies/status"]]
        ),
        "verbs": chance.choice([["use"], ["*"], ["get", "use"], ["get"]]),
    } | ({"resourceNames": names} if names else {})


def roles(chance: random.Random, name: str) -> Iterator[Manifest]:
    for number in range(_ROLES):
        kind, scope = chance.choice(
            [("ClusterRole", {}), *[("Role", {"namespace": home}) for home in NAMESPACES]]
        )
        rules = [rule(chance) for _ in range(chance.randrange(4))]
        yield _manifest(kind, f"{name}-{number}", scope) | {"rules": rules}


def subject(chance: random.Random) -> Manifest:
    asker = chance.choice(ASKERS)
    _, _, account = asker.name.partition("system:serviceaccount:")
    groups = [*asker.groups, "system:authenticated"]
    choices = [{"kind": "User", "name": asker.name, "apiGroup": _GROUP}]
    choices += [{"kind": "Group", "name": group, "apiGroup": _GROUP} for group in groups]
    if account:
        home, name = account.split(":")
        choices += [{"kind": "ServiceAccount", "name": name, "namespace": home}] * 3
    return chance.choice(choices)


def bindings(chance: random.Random, name: str, roles: list[Manifest]) -> Iterator[Manifest]:
    """Bind to these roles, and to some that are elsewhere or do not exist."""
    for number in range(_BINDINGS):
        role = chance.choice(roles)
        home = role["metadata"].get("namespace") or chance.choice(["", *NAMESPACES])
        if chance.random() < 0.2:
            home = chance.choice(NAMESPACES)
        kind = "RoleBinding" if home else "ClusterRoleBinding"
        reference = {"apiGroup": _GROUP, "kind": role["kind"], "name": role["metadata"]["name"]}
        if chance.random() < 0.1:
            reference["name"] = f"{name}-missing"
        yield _manifest(kind, f"{name}-{number}", {"namespace": home} if home else {}) | {
            "roleRef": reference,
            "subjects": [subject(chance) for _ in range(chance.randrange(3))],
        }


def _manifest(kind: str, name: str, home: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": f"{_GROUP}/v1", "kind": kind, "metadata": {"name": name, **home}}


@asynccontextmanager
async def following(session: Session) -> AsyncIterator[AccessInformers]:
    access = AccessInformers(session, lambda: None)
    running = [asyncio.create_task(each.run()) for each in access.reflectors.values()]
    try:
        for reflector in access.reflectors.values():
            await reflector.synced.wait()
        yield access
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)


async def differences(access: AccessInformers, session: Session) -> list[str]:
    """Compare for everybody and everywhere, and name what differs."""
    authorizer, found = Authorizer(session), []
    for asker, home in ALL:
        requester = _requester(asker)
        shown = access.bindings.usable(POLICIES, requester, home)
        said = await authorizer.may_use(requester, home, POLICIES)
        found += [
            f"{asker.name} in {home}, {name}: {name in shown}, not {allowed}"
            for name, allowed in said.items()
            if allowed != (name in shown)
        ]
    return found


def _requester(asker: Identity) -> Requester:
    return Requester(asker.name, (*asker.groups, "system:authenticated"))


async def settled(access: AccessInformers, session: Session) -> list[str]:
    """Return what still differs when both have had time to see the last change."""
    for _ in range(20):
        if not (found := await differences(access, session)):
            break
        await asyncio.sleep(0.25)
    return found


@pytest.mark.cluster
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_api_server_says_the_same(
    cluster: ControlPlane, admin: Client, seed: int
) -> None:
    name = f"access-{secrets.token_hex(4)}"
    chance = random.Random(seed)  # noqa: S311 - cases to try
    given = list(roles(chance, name))
    objects = [*given, *bindings(chance, name, given)]
    admin.apply(*map(a_namespace, NAMESPACES), *objects)
    async with Session.open(cluster.kubeconfig()) as session, following(session) as access:
        assert await settled(access, session) == []
        shown = [access.bindings.usable(POLICIES, _requester(who), home) for who, home in ALL]
        assert any(shown)
        assert not all(shown)

        for obj in chance.sample(objects, len(objects) // 2):
            metadata = obj["metadata"]
            admin.delete(obj["kind"], metadata["name"], metadata.get("namespace"))
            objects.remove(obj)
        assert await settled(access, session) == []
    for obj in objects:
        admin.delete(obj["kind"], obj["metadata"]["name"], obj["metadata"].get("namespace"))
