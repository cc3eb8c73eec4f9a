"""What goes on in a cluster meanwhile: requests arrive, policies and bindings change."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.model import History, State
from tests.controlplane.client import APIError, Client
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ALICE, BOB, CAROL, Identity
from tests.controlplane.manifests import certificate_request, grant, use
from tests.controlplane.pki import signing_request
from tests.examples import policy_manifest

STABLE = "stable"
ALWAYS = "always.test"
NEVER = "never.test"
CHANGING = ("a.test", "b.test", "c.test")
POLICIES = ("p1", "p2", "p3")
KINDS = (
    (ALICE, ALWAYS),  # approved
    (ALICE, NEVER),  # denied
    (CAROL, ALWAYS),  # unmatched
    *((who, domain) for who in (ALICE, BOB) for domain in CHANGING),
)
"""Who asks for what. Alice may always use the policy `stable`, Carol never any."""

_RETRY = 0.1  # seconds
_CREATORS = 4
_CONFLICT = httpx.codes.CONFLICT
# A server that has just started knows nobody's rights for a moment.
_PASSING = {httpx.codes.FORBIDDEN, httpx.codes.INTERNAL_SERVER_ERROR, *range(502, 505)}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was made; `sent` is the time before, as all times by `time.time`."""

    name: str
    requester: str
    domain: str
    sent: float


@dataclass
class Traffic:
    """Requests at `rate` a second in a namespace, and changes at `pace` a second."""

    cluster: ControlPlane
    namespace: str
    chance: random.Random
    rate: float
    pace: float
    history: History = field(default_factory=History)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._csrs = {domain: signing_request("", f"DNS:host.{domain}") for _, domain in KINDS}

    async def prepare(self) -> None:
        """Make the policies and bindings to begin with."""
        await self._allow(STABLE, frozenset({ALWAYS}))
        await self._bind(STABLE, ALICE)
        for policy in POLICIES:
            await self._allow(policy, frozenset(CHANGING[:1]))
            await self._bind(policy, ALICE)

    async def requests(self, enough: Callable[[], bool]) -> None:
        """Make requests until there are enough."""
        numbers = iter(range(10**6))
        started = time.monotonic()

        async def make() -> None:
            while not enough():
                number = next(numbers)
                await asyncio.sleep(started + number / self.rate - time.monotonic())
                await self._ask(number)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(_CREATORS):
                tasks.create_task(make())

    async def changes(self) -> None:
        """Change policies and bindings until cancelled; a change that was begun is finished."""
        while True:
            change = asyncio.create_task(self._change())
            try:
                await asyncio.shield(change)
            except asyncio.CancelledError:
                await change
                raise
            await asyncio.sleep(self.chance.random() * 2 / self.pace)

    async def _ask(self, number: int) -> None:
        who, domain = KINDS[number % len(KINDS)]
        name = f"r{number:05}"
        manifest = certificate_request(name, self.namespace, self._csrs[domain])
        asked = Asked(name, who.name, domain, time.time())
        await insist(self.cluster.client(who).create, manifest)
        self.asked.append(asked)

    async def _change(self) -> None:
        policy = self.chance.choice(POLICIES)
        who = self.chance.choice((ALICE, BOB))
        now = self.history.now
        match self.chance.randrange(4):
            case 0 if policy in now.policies:
                await self._remove(policy)
            case 1 if (policy, who.name) in now.bound:
                await self._unbind(policy, who)
            case 2:
                await self._bind(policy, who)
            case _:
                size = self.chance.randrange(len(CHANGING) + 1)
                await self._allow(policy, frozenset(self.chance.sample(CHANGING, size)))

    async def _allow(self, policy: str, domains: frozenset[str]) -> None:
        manifest = policy_manifest(
            policy,
            allowedDNSNames=sorted(f"*.{domain}" for domain in domains),
            selector={"namespace": {"matchNames": [self.namespace]}},
        )
        state = self.history.now.allowing(policy, domains)
        await self._make(state, self._admin.apply, manifest)

    async def _remove(self, policy: str) -> None:
        state = self.history.now.without(policy)
        await self._make(state, self._admin.delete, "CertificateRequestPolicy", policy)

    async def _bind(self, policy: str, who: Identity) -> None:
        role, binding = grant(_role(policy, who), use(policy), who, namespace=self.namespace)
        await insist(self._admin.apply, role)
        state = self.history.now.binding(policy, who.name)
        await self._make(state, self._admin.apply, binding)

    async def _unbind(self, policy: str, who: Identity) -> None:
        state = self.history.now.unbinding(policy, who.name)
        name = _role(policy, who)
        await self._make(state, self._admin.delete, "RoleBinding", name, self.namespace)

    async def _make(self, state: State, call: Callable[..., object], *arguments: object) -> None:
        self.history.changing(state, time.time())
        await insist(call, *arguments)
        self.history.changed(time.time())

    @property
    def _admin(self) -> Client:
        return self.cluster.client()


async def insist(call: Callable[..., object], *arguments: Any) -> None:  # noqa: ANN401 - any call's
    """Try until it has happened, perhaps without our having heard of it."""
    while True:
        try:
            await asyncio.to_thread(call, *arguments)
        except APIError as error:
            done = {_CONFLICT} if "create" in call.__name__ else {httpx.codes.NOT_FOUND}
            if error.status in done:
                return
            if error.status not in _PASSING:
                raise
            await asyncio.sleep(_RETRY)
        except httpx.TransportError:
            await asyncio.sleep(_RETRY)
        else:
            return


def _role(policy: str, who: Identity) -> str:
    return f"{policy}-{who.name}"
