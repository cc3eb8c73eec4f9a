"""The server answers whatever is sent to it, for a bounded price, and leaves in order."""

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from approver.kube.errors import UnreachableError
from approver.ops.metrics import Metrics
from approver.webhook.admission import ALLOWED, AdmissionRequest, Answer
from approver.webhook.authority import Authority
from approver.webhook.server import POLICIES, REQUESTS, WebhookServer
from approver.webhook.serving_context import ServingContext
from tests.webhook.served import HOST, free_port
from tests.webhook.test_admission import REVIEW

Post = Callable[..., Awaitable[httpx.Response]]
DAY = timedelta(days=1)
API_SERVERS_SECONDS = 5


async def allow(_: AdmissionRequest) -> Answer:
    return ALLOWED


async def hang(_: AdmissionRequest) -> Answer:
    await asyncio.sleep(60)
    return ALLOWED


async def break_down(_: AdmissionRequest) -> Answer:
    raise ZeroDivisionError


async def be_cut_off(_: AdmissionRequest) -> Answer:
    raise UnreachableError("no way")


class Bench:
    """A server with its metrics, and a client of it."""

    def __init__(self, server: WebhookServer, metrics: Metrics, client: httpx.AsyncClient) -> None:
        self.server = server
        self.metrics = metrics
        self.client = client

    async def post(self, body: object, path: str = POLICIES, query: str = "") -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(path + query, content=content)

    def count(self, metric: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(metric, labels) or 0


def client(url: str) -> httpx.AsyncClient:
    """Make a client that takes any certificate, and opens a connection for each call."""
    limits = httpx.Limits(max_connections=500, max_keepalive_connections=25)
    return httpx.AsyncClient(
        base_url=url,
        verify=False,  # noqa: S501 - other tests look at certificates
        trust_env=False,
        limits=limits,
        timeout=60,
    )


@asynccontextmanager
async def bench(admit: Callable[[AdmissionRequest], Awaitable[Answer]]) -> AsyncIterator[Bench]:
    signer, context, metrics = Authority.make(datetime.now(UTC), DAY), ServingContext(), Metrics()
    context.load(signer.issue([HOST], datetime.now(UTC), DAY).pem)
    port = free_port()
    admits = {POLICIES: admit, REQUESTS: admit}
    server = WebhookServer(f"{HOST}:{port}", admits, metrics, quiet=frozenset({REQUESTS}))
    async with server.listening(context.context), client(f"https://{HOST}:{port}") as http:
        yield Bench(server, metrics, http)


async def test_what_is_no_review_is_refused_in_text() -> None:
    async with bench(allow) as here:
        answer = await here.post(b"rubbish")
        assert (answer.status_code, answer.headers["content-type"]) == (400, TEXT)
        assert "not an AdmissionReview" in answer.text
        labels = {"webhook": POLICIES, "code": "400"}
        assert here.count("controller_runtime_webhook_requests_total", **labels) == 1


TEXT = "text/plain; charset=utf-8"


async def test_its_uid_is_echoed_if_it_can_be_told() -> None:
    async with bench(allow) as here:
        answer = await here.post({**REVIEW, "request": {"uid": "u-1", "object": 7}})
        assert answer.status_code == 400
        assert answer.json()["response"]["uid"] == "u-1"
        assert answer.json()["response"]["allowed"] is False


async def test_bytes_that_are_no_text_are_no_review() -> None:
    async with bench(allow) as here:
        answer = await here.post(b'{"kind": "\xff"}')
        assert answer.status_code == 400


@pytest.mark.parametrize("megabytes", [4, 40])
async def test_one_that_is_too_long_is_refused(megabytes: int) -> None:
    async with bench(allow) as here:
        answer = await here.post(b"x" * (megabytes << 20))
        assert answer.status_code == 413


async def test_an_object_as_large_as_etcd_takes_is_read() -> None:
    large: Mapping[str, Any] = {"metadata": {"name": "web"}, "spec": {"text": "x" * 1_500_000}}
    review = {**REVIEW, "request": {**REVIEW["request"], "object": large, "oldObject": large}}
    async with bench(allow) as here:
        answer = await here.post(review)
        assert answer.json()["response"]["allowed"]
        assert "has more than 256 KiB" in answer.json()["response"]["warnings"][0]


async def test_a_body_that_is_encoded_or_of_no_length_is_not_read() -> None:
    async with bench(allow) as here:
        encoded = {"Content-Encoding": "gzip"}
        answer = await here.client.post(POLICIES, content=gzip.compress(b"x"), headers=encoded)
        assert answer.status_code == 415

        async def parts() -> AsyncIterator[bytes]:
            yield json.dumps(REVIEW).encode()

        answer = await here.client.post(POLICIES, content=parts())
        assert answer.status_code == 411


@pytest.mark.parametrize("said", [b"", b"\x16"], ids=["silent", "begun"])
async def test_those_who_begin_a_handshake_and_hang_keep_nobody_else_out(said: bytes) -> None:
    async with bench(allow) as here:
        url, idle = here.client.base_url, []
        for _ in range(800):
            idle.append(
                await asyncio.open_connection(url.host, url.port, local_addr=("127.0.0.2", 0))
            )
            idle[-1][1].write(said)
        answer = await here.client.post(POLICIES, json=REVIEW, timeout=API_SERVERS_SECONDS)
        assert answer.status_code == 200
        for _, writer in idle:
            writer.close()


@asynccontextmanager
async def beginning(here: Bench, length: int) -> AsyncIterator[asyncio.StreamWriter]:
    """Send the head and the first byte of a review of a length, and no more."""
    url, context = here.client.base_url, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection(url.host, url.port, ssl=context)
    head = f"POST {POLICIES} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{{"
    writer.write(head.encode())
    await writer.drain()
    try:
        yield writer
    finally:
        writer.close()


async def test_who_sends_a_long_review_slowly_keeps_no_other_from_being_looked_at() -> None:
    long = {**REVIEW, "padding": "x" * 100_000}
    async with bench(allow) as here, AsyncExitStack() as slow:
        for _ in range(30):
            await slow.enter_async_context(beginning(here, 200_000))
        answer = await here.client.post(POLICIES, json=long, timeout=API_SERVERS_SECONDS)
        assert answer.json()["response"] == {"uid": "u-1", "allowed": True}


async def test_of_long_reviews_a_few_are_looked_at_at_a_time_and_all_in_the_end() -> None:
    """What is read of one takes many times as much memory."""
    now, most = 0, 0

    async def count(_: AdmissionRequest) -> Answer:
        nonlocal now, most
        now += 1
        most = max(now, most)
        await asyncio.sleep(0.2)
        now -= 1
        return ALLOWED

    async with bench(count) as here:
        long = {**REVIEW, "padding": "x" * 10_000}
        answers = await asyncio.gather(*(here.post(long) for _ in range(30)))
        assert {answer.status_code for answer in answers} == {200}
        assert most == 8
        await asyncio.gather(*(here.post(REVIEW) for _ in range(30)))
        assert most > 8


async def test_what_is_too_long_is_not_read_whatever_it_is() -> None:
    async with bench(break_down) as here:
        answer = (await here.post({**REVIEW, "padding": "x" * 300_000})).json()["response"]
        assert answer["allowed"]
        assert answer["warnings"] == [
            "policy-approver could not check it: it has more than 256 KiB"
        ]


async def test_who_hangs_up_leaves_nothing_running() -> None:
    given_up = asyncio.Event()

    async def hang_on(_: AdmissionRequest) -> Answer:
        try:
            await asyncio.sleep(60)
        finally:
            given_up.set()
        return ALLOWED

    async with bench(hang_on) as here:
        with pytest.raises(httpx.ReadTimeout):
            await here.client.post(POLICIES, json=REVIEW, timeout=1)
        async with asyncio.timeout(5):
            await given_up.wait()


async def test_a_connection_ends_behind_an_answer_once_it_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would be aborted in the middle of one otherwise."""
    monkeypatch.setattr("approver.webhook.server._LIFETIME_SECONDS", 60.5)
    async with bench(allow) as here:
        assert "connection" not in (await here.post(REVIEW)).headers
        await asyncio.sleep(0.6)
        assert (await here.post(REVIEW)).headers["connection"] == "close"
        assert "connection" not in (await here.post(REVIEW)).headers


async def test_who_waits_for_a_place_is_answered_in_time() -> None:
    async with bench(hang) as here:
        long = {**REVIEW, "padding": "x" * 10_000}
        crowd = [asyncio.create_task(here.post(long)) for _ in range(8)]
        await asyncio.sleep(0.5)
        answer = await here.client.post(f"{POLICIES}?timeout=2s", json=long, timeout=2)
        assert answer.json()["response"]["allowed"]
        for each in crowd:
            each.cancel()
        await asyncio.wait(crowd)


async def test_who_hangs_up_is_counted() -> None:
    async with bench(hang) as here:
        with pytest.raises(httpx.ReadTimeout):
            await here.client.post(POLICIES, json=REVIEW, timeout=1)
        await asyncio.sleep(0.5)
        labels = {"webhook": POLICIES, "code": "499"}
        assert here.count("controller_runtime_webhook_requests_total", **labels) == 1


async def test_the_end_does_not_wait_for_a_body_that_does_not_come() -> None:
    async with bench(allow) as here:
        slow = beginning(here, 60_000)
        await slow.__aenter__()
        await asyncio.sleep(0.2)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 8
    await slow.__aexit__(None, None, None)


async def test_other_methods_and_paths_are_not_there() -> None:
    async with bench(allow) as here:
        assert (await here.client.get(POLICIES)).status_code == 405
        assert (await here.post(REVIEW, "/metrics")).status_code == 404


async def test_what_takes_too_long_is_allowed_and_said_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    async with bench(hang) as here:
        answer = (await here.post(REVIEW, query="?timeout=1s")).json()["response"]
        assert answer["allowed"]
        assert answer["warnings"] == ["policy-approver could not check it: it took too long"]
        labels = {"webhook": POLICIES, "answer": "unchecked"}
        assert here.count("policy_approver_webhook_answers_total", **labels) == 1
        assert "not checked" in caplog.text


async def test_tenants_hear_nothing_of_what_is_not_looked_at() -> None:
    async with bench(be_cut_off) as here:
        answer = (await here.post(REVIEW, REQUESTS)).json()["response"]
        assert answer == {"uid": "u-1", "allowed": True}


async def test_what_breaks_is_an_error_with_the_uid(caplog: pytest.LogCaptureFixture) -> None:
    async with bench(break_down) as here:
        answer = await here.post(REVIEW)
        assert answer.status_code == 500
        assert answer.json()["response"]["uid"] == "u-1"
        assert "an admission review failed" in caplog.text


async def test_while_it_drains_connections_end_behind_their_answers() -> None:
    async with bench(allow) as here:
        assert "connection" not in (await here.post(REVIEW)).headers
        here.server.draining = True
        answer = await here.post(REVIEW)
        assert answer.status_code == 200
        assert answer.headers["connection"] == "close"


async def test_none_of_500_at_once_fails() -> None:
    async with bench(allow) as here:
        async with client(str(here.client.base_url)) as each:
            answers = await asyncio.gather(
                *(each.post(POLICIES, content=json.dumps(REVIEW)) for _ in range(500))
            )
        assert {answer.status_code for answer in answers} == {200}
