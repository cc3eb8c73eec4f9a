"""Who may use which policy: asked of the real authorizer, as seldom as possible."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from approver.kube.authorizer import Authorizer
from approver.kube.errors import ServerError
from approver.kube.session import Session
from approver.kube.telemetry import Telemetry
from approver.model import Requester
from tests.controlplane.client import Client
from tests.controlplane.identities import ALICE, BOB
from tests.controlplane.manifests import grant, use
from tests.kube.following import until
from tests.kube.pretended import PretendedTime
from tests.kube.proxy import Proxy

pytestmark = pytest.mark.cluster

ALICE_ASKS = Requester(ALICE.name, ALICE.groups)
BOB_ASKS = Requester(BOB.name, BOB.groups)


class Results(Telemetry):
    def __init__(self) -> None:
        self.count: Counter[str] = Counter()

    def access_reviewed(self, result: str) -> None:
        self.count[result] += 1


class Gate:
    """Holds questions until it is opened."""

    def __init__(self) -> None:
        self.waiting = 0
        self._open = asyncio.Event()

    async def __call__(self, _: web.Request) -> None:
        self.waiting += 1
        await self._open.wait()

    def open(self) -> None:
        self._open.set()


@pytest.fixture
async def asking(proxy: Proxy) -> AsyncIterator[Session]:
    async with proxy.session() as session:
        yield session


async def may_use(
    reviews: Authorizer,
    requester: Requester,
    namespace: str,
    policy: str,
    *,
    fresh: bool = False,
) -> bool:
    return (await reviews.may_use(requester, namespace, [policy], fresh=fresh))[policy]


def asked(proxy: Proxy) -> int:
    return proxy.count("POST", "subjectaccessreviews")


async def test_the_authorizer_decides(session: Session, admin: Client, namespace: str) -> None:
    admin.apply(*grant("use", use("web"), ALICE, namespace=namespace))
    await until(lambda: granted(admin, namespace))
    session.telemetry = results = Results()
    reviews = Authorizer(session)

    assert await may_use(reviews, ALICE_ASKS, namespace, "web")
    assert not await may_use(reviews, ALICE_ASKS, namespace, "other")
    assert not await may_use(reviews, ALICE_ASKS, "default", "web")
    assert not await may_use(reviews, BOB_ASKS, namespace, "web")
    assert results.count == {"allowed": 1, "denied": 3}


async def test_all_of_the_requester_is_asked_for(asking: Session, proxy: Proxy) -> None:
    requester = Requester("u", ("g", "h"), "1", {"scopes": ("a", "b")})
    await may_use(Authorizer(asking), requester, "default", "web")

    assert json.loads(proxy.bodies[-1])["spec"] == {
        "user": "u",
        "groups": ["g", "h"],
        "uid": "1",
        "extra": {"scopes": ["a", "b"]},
        "resourceAttributes": {
            "group": "policy.cert-manager.io",
            "resource": "certificaterequestpolicies",
            "verb": "use",
            "name": "web",
            "namespace": "default",
        },
    }


@pytest.mark.parametrize(
    "other",
    [
        Requester("v", ("g",), "1", {"scopes": ("a",)}),
        Requester("u", ("h",), "1", {"scopes": ("a",)}),
        Requester("u", ("g",), "2", {"scopes": ("a",)}),
        Requester("u", ("g",), "1", {"scopes": ("b",)}),
    ],
)
async def test_answers_are_not_shared_between_requesters(
    other: Requester, asking: Session, proxy: Proxy
) -> None:
    reviews = Authorizer(asking)
    await may_use(reviews, Requester("u", ("g",), "1", {"scopes": ("a",)}), "default", "web")
    await may_use(reviews, other, "default", "web")

    assert asked(proxy) == 2


async def test_nobody_is_bound_to_nothing(asking: Session, proxy: Proxy) -> None:
    assert not await may_use(
        Authorizer(asking), Requester("", ("system:masters",)), "default", "web"
    )
    assert asked(proxy) == 0


async def test_many_ask_and_one_call_is_made(asking: Session, proxy: Proxy) -> None:
    reviews = Authorizer(asking)
    answers = await asyncio.gather(
        *(may_use(reviews, ALICE_ASKS, "default", "web") for _ in range(500))
    )

    assert answers == 500 * [False]
    assert not await may_use(reviews, ALICE_ASKS, "default", "web")
    assert asked(proxy) == 1


async def test_different_questions_do_not_take_all_connections(
    asking: Session, proxy: Proxy
) -> None:
    proxy.answer = gate = Gate()
    reviews = Authorizer(asking)
    asking_all = asyncio.gather(
        *(may_use(reviews, ALICE_ASKS, "default", f"p{number}") for number in range(50))
    )
    await until(lambda: gate.waiting == 16)
    await asyncio.sleep(0.1)
    assert gate.waiting == 16

    gate.open()
    await asking_all
    assert asked(proxy) == 50


async def test_an_answer_holds_for_ten_seconds(asking: Session, proxy: Proxy) -> None:
    time = PretendedTime()
    asking.timing = time.timing
    reviews = Authorizer(asking)
    await may_use(reviews, ALICE_ASKS, "default", "web")
    time.now += 9.9
    await may_use(reviews, ALICE_ASKS, "default", "web")
    assert asked(proxy) == 1

    time.now += 0.2
    await may_use(reviews, ALICE_ASKS, "default", "web")
    assert asked(proxy) == 2


async def test_the_oldest_answers_are_forgotten(asking: Session, proxy: Proxy) -> None:
    reviews = Authorizer(asking, remembered=2)
    for namespace in ("a", "b", "c", "b", "c"):
        await may_use(reviews, ALICE_ASKS, namespace, "web")
    assert asked(proxy) == 3

    await may_use(reviews, ALICE_ASKS, "a", "web")
    assert asked(proxy) == 4


async def test_a_grant_is_seen_by_who_asks_afresh(
    asking: Session, proxy: Proxy, admin: Client, namespace: str
) -> None:
    reviews = Authorizer(asking)
    assert not await may_use(reviews, ALICE_ASKS, namespace, "web")
    admin.apply(*grant("use", use("web"), ALICE, namespace=namespace))
    assert not await may_use(reviews, ALICE_ASKS, namespace, "web")
    assert asked(proxy) == 1

    await until(lambda: granted(admin, namespace))
    assert await may_use(reviews, ALICE_ASKS, namespace, "web", fresh=True)
    assert await may_use(reviews, ALICE_ASKS, namespace, "web")
    assert asked(proxy) == 2


async def test_who_asks_afresh_does_not_join_a_question_that_is_out(
    asking: Session, proxy: Proxy
) -> None:
    proxy.answer = gate = Gate()
    reviews = Authorizer(asking)
    early = asyncio.create_task(may_use(reviews, ALICE_ASKS, "default", "web"))
    await until(lambda: gate.waiting == 1)
    late = asyncio.create_task(may_use(reviews, ALICE_ASKS, "default", "web", fresh=True))
    await until(lambda: gate.waiting == 2)
    gate.open()
    await asyncio.gather(early, late)


async def test_what_was_asked_before_a_change_is_not_remembered_after_it(
    asking: Session, proxy: Proxy
) -> None:
    drops: list[int] = []
    proxy.answer = gate = Gate()
    reviews = Authorizer(asking, lambda: drops.append(asked(proxy)))
    before = asyncio.create_task(may_use(reviews, ALICE_ASKS, "default", "web"))
    await until(lambda: gate.waiting == 1)
    reviews.invalidate()
    after = asyncio.create_task(may_use(reviews, ALICE_ASKS, "default", "web"))
    await until(lambda: gate.waiting == 2)
    gate.open()
    await before
    await after
    assert asked(proxy) == 2

    # The second is remembered, until the authorizer has had the time to learn of the change.
    await may_use(reviews, ALICE_ASKS, "default", "web")
    assert asked(proxy) == 2
    await until(lambda: drops == [1, 2])
    await may_use(reviews, ALICE_ASKS, "default", "web")
    assert asked(proxy) == 3


async def test_an_overtaken_answer_is_not_remembered(asking: Session, proxy: Proxy) -> None:
    gates = [Gate(), Gate()]
    waiting = iter(gates)

    async def answer(request: web.Request) -> web.Response | None:
        gate = next(waiting)
        await gate(request)
        allowed = gate is gates[0]
        return web.json_response({"status": {"allowed": allowed}})

    proxy.answer = answer
    reviews = Authorizer(asking)
    before = asyncio.create_task(may_use(reviews, ALICE_ASKS, "default", "web"))
    await until(lambda: gates[0].waiting)
    after = asyncio.create_task(may_use(reviews, ALICE_ASKS, "default", "web", fresh=True))
    await until(lambda: gates[1].waiting)
    gates[1].open()
    assert await after is False
    gates[0].open()
    assert await before is True

    assert await may_use(reviews, ALICE_ASKS, "default", "web") is False


async def test_one_who_gives_up_does_not_spoil_it_for_the_others(
    asking: Session, proxy: Proxy
) -> None:
    proxy.answer = gate = Gate()
    reviews = Authorizer(asking)
    first, second = (
        asyncio.create_task(may_use(reviews, ALICE_ASKS, "default", "web")) for _ in range(2)
    )
    await until(lambda: gate.waiting == 1)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    gate.open()

    assert await second is False
    assert asked(proxy) == 1


async def test_an_error_is_told_to_all_and_not_remembered(asking: Session, proxy: Proxy) -> None:
    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=500)

    asking.telemetry = results = Results()
    proxy.answer = fail
    reviews = Authorizer(asking)
    questions = (may_use(reviews, ALICE_ASKS, "default", "web") for _ in range(3))
    errors = await asyncio.gather(*questions, return_exceptions=True)
    assert [type(error) for error in errors] == 3 * [ServerError]

    proxy.answer = None
    assert not await may_use(reviews, ALICE_ASKS, "default", "web")
    assert results.count == {"error": 1, "denied": 1}


def granted(admin: Client, namespace: str) -> bool:
    """Say whether the authorizer knows what Alice was granted, which takes it a moment."""
    attributes = {
        "group": "policy.cert-manager.io",
        "resource": "certificaterequestpolicies",
        "verb": "use",
        "name": "web",
        "namespace": namespace,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {"user": ALICE.name, "resourceAttributes": attributes},
    }
    return bool(admin.create(review)["status"]["allowed"])


async def test_what_is_known_can_be_seen_without_asking(asking: Session, proxy: Proxy) -> None:
    reviews = Authorizer(asking)
    assert reviews.known(ALICE_ASKS, "default") == {}

    await may_use(reviews, ALICE_ASKS, "default", "web")

    assert reviews.known(ALICE_ASKS, "default") == {"web": False}
    assert reviews.known(ALICE_ASKS, "elsewhere") == {}
    assert asked(proxy) == 1
    reviews.invalidate()
    assert reviews.known(ALICE_ASKS, "default") == {}
