"""Calls to the API server, and what is said when they fail."""

import asyncio
import json
from importlib.metadata import version
from pathlib import Path

import pytest
from aiohttp import web
from kubernetes_asyncio.client import Configuration

from approver.kube.errors import (
    DisconnectedError,
    ForbiddenError,
    KubeError,
    NotFoundError,
    SilentError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
)
from approver.kube.resources import NAMESPACES, POLICIES
from approver.kube.session import Session
from approver.kube.telemetry import Telemetry
from approver.kube.transport import Transport
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import CAROL
from tests.kube.stub import answering


class Answers(Telemetry):
    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def answered(self, method: str, code: str, seconds: float) -> None:
        assert seconds >= 0
        self.seen.append((method, code))


async def echo(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "method": request.method,
            "path": request.rel_url.raw_path,
            "query": dict(request.query),
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "body": (await request.read()).decode(),
        }
    )


async def test_what_is_sent() -> None:
    async with answering(echo) as session:
        path = POLICIES.path("a b/c", subresource="status")
        query = {"continue": "a+b/c=&d%20"}
        body = {"x": [1, "é"]}
        sent = json.loads(await session.call("PATCH", path, query=query, body=body))

    assert (sent["method"], sent["path"], sent["query"]) == ("PATCH", path, query)
    assert sent["headers"]["content-type"] == "application/merge-patch+json"
    assert sent["headers"]["user-agent"] == f"policy-approver/{version('policy-approver')}"
    assert json.loads(sent["body"]) == body


async def test_every_call_has_a_deadline() -> None:
    answers = Answers()

    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        raise AssertionError

    async with answering(hang) as session:
        session.telemetry = answers
        with pytest.raises(UnreachableError, match=r"^http://127.*: no answer within 0.1 s$"):
            await session.call("GET", "/version", deadline=0.1)

    assert answers.seen == [("GET", "<error>")]


async def test_the_deadline_holds_for_the_body_too() -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    async with answering(trickle) as session:
        with pytest.raises(UnreachableError, match="no answer within"):
            await session.call("GET", "/version", deadline=0.2)


async def test_come_back_later() -> None:
    async def busy(_: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "2"}, text="busy")

    async with answering(busy) as session:
        with pytest.raises(TooManyRequestsError, match=r"^429: busy$") as caught:
            await session.call("GET", "/version")
        with pytest.raises(TooManyRequestsError):
            async with session.stream("/version", query={}, lifetime=1):
                pass

    assert caught.value.retry_after == 2


async def test_nobody_listens() -> None:
    async with Transport(Configuration(host="http://127.0.0.1:1")) as transport:
        with pytest.raises(UnreachableError) as caught:
            await Session(transport).call("GET", "/version")

    address = "http://127.0.0.1:1"
    assert str(caught.value) == f"{address}: [Errno 111] Connect call failed ('127.0.0.1', 1)"


async def test_lines_come_whole_and_until_the_end() -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for part in (b"on", b"e\ntwo\nth", b"ree\n", b"4" * 3_000_000 + b"\n", b"half"):
            await response.write(part)
            await asyncio.sleep(0.01)
        return response

    async with (
        answering(stream) as session,
        session.stream("/", query={}, lifetime=5) as lines,
    ):
        found = [line async for line in lines]

    assert found[:3] == [b"one\n", b"two\n", b"three\n"]
    assert [len(line) for line in found[3:]] == [3_000_001]


@pytest.mark.parametrize(("end", "error"), [("cut", DisconnectedError), ("none", SilentError)])
async def test_a_stream_that_does_not_end_well(end: str, error: type[Exception]) -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one\n")
        if end == "cut" and request.transport:
            request.transport.close()
        await asyncio.sleep(5)
        return response

    async with (
        answering(stream) as session,
        session.stream("/", query={}, lifetime=0.3) as lines,
    ):
        assert await anext(lines) == b"one\n"
        with pytest.raises(error):
            await anext(lines)


async def test_after_a_silence_older_streams_are_given_up() -> None:
    silent = False

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one\n")
        if silent or request.path == "/stream":
            await asyncio.sleep(5)
        return response

    async with (
        answering(answer) as session,
        session.stream("/stream", query={}, lifetime=60) as lines,
    ):
        assert await anext(lines) == b"one\n"
        silent = True
        with pytest.raises(UnreachableError):
            await session.call("GET", "/version", deadline=0.1)
        silent = False
        following = asyncio.ensure_future(anext(lines))
        while not following.done():
            await session.call("GET", "/version")
        with pytest.raises(DisconnectedError):
            await following


@pytest.mark.cluster
async def test_a_real_answer(session: Session) -> None:
    answers = Answers()
    session.telemetry = answers

    assert b'"name":"default"' in await session.call("GET", NAMESPACES.path("default"))
    assert answers.seen == [("GET", "200")]


@pytest.mark.cluster
async def test_what_is_not_there(session: Session) -> None:
    with pytest.raises(NotFoundError) as caught:
        await session.call("GET", NAMESPACES.path("nowhere"))

    assert str(caught.value) == '404 NotFound: namespaces "nowhere" not found'


@pytest.mark.cluster
async def test_what_is_not_permitted(cluster: ControlPlane) -> None:
    async with Session.open(cluster.kubeconfig(CAROL)) as session:
        with pytest.raises(ForbiddenError, match=r'^403 Forbidden: .* User "carol" cannot list '):
            await session.call("GET", NAMESPACES.path())


@pytest.mark.cluster
async def test_who_is_not_known(cluster: ControlPlane, tmp_path: Path) -> None:
    config = json.loads(cluster.kubeconfig(CAROL).read_text())
    config["users"][0]["user"]["token"] += "x"
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(json.dumps(config))
    async with Session.open(kubeconfig) as session:
        with pytest.raises(UnauthorizedError, match=r"^401 Unauthorized: Unauthorized$"):
            await session.call("GET", NAMESPACES.path())


async def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({}, status=307, headers={"Location": "/elsewhere"})

    async with answering(elsewhere) as session:
        with pytest.raises(KubeError, match="307"):
            await session.call("GET", "/api")
        with pytest.raises(KubeError, match="307"):
            async with session.stream("/api", query={}, lifetime=5):
                pass
    assert asked == ["/api", "/api"]
