"""A signer for which nothing can be written holds up its own requests, and no others."""

import asyncio

import msgspec

from approver import Request
from approver.controller.signers import Signers
from approver.kube.watch_stream import Key
from approver.model.request import RequestMeta
from tests.examples import request
from tests.kube.following import until

BASE = request("DNS:www.example.com", issuerRef={"name": "ca", "group": "nosuch.example"})


def named(name: str, namespace: str = "team-a") -> Request:
    return msgspec.structs.replace(BASE, metadata=RequestMeta(name=name, namespace=namespace))


A, B, C = map(named, "abc")
ELSEWHERE = named("a", "team-b")


def signers(requeued: list[Key]) -> Signers:
    return Signers(requeued.append, lambda: 0.0)


async def test_after_a_failure_one_at_a_time_is_tried() -> None:
    requeued: list[Key] = []
    troubled = signers(requeued)
    assert all(map(troubled.admits, (A, B, ELSEWHERE)))
    troubled.failed(A)
    troubled.failed(B)  # which was on its way

    assert troubled.keeps_waiting(A)
    assert troubled.keeps_waiting(B)
    assert troubled.admits(C)  # which is new
    troubled.failed(C)
    assert all(map(troubled.keeps_waiting, (A, B, C)))
    assert troubled.admits(ELSEWHERE)

    await until(lambda: requeued == [("team-a", "a")])
    assert not troubled.keeps_waiting(A)
    assert troubled.admits(A)
    assert not troubled.admits(named("d"))
    assert troubled.keeps_waiting(named("d"))


async def test_a_success_frees_all() -> None:
    requeued: list[Key] = []
    troubled = signers(requeued)
    troubled.failed(A)
    troubled.failed(B)
    troubled.admits(C)
    troubled.succeeded(C)

    assert requeued == [("team-a", "a"), ("team-a", "b")]
    assert not troubled.keeps_waiting(A)


async def test_it_waits_longer_the_longer_it_lasts() -> None:
    requeued: list[Key] = []
    troubled = signers(requeued)
    loop = asyncio.get_running_loop()

    async def next_try(number: int) -> float:
        began = loop.time()
        troubled.failed(A)
        await until(lambda: len(requeued) == number)
        return loop.time() - began

    assert await next_try(1) >= 0.1
    await asyncio.sleep(4)
    assert await next_try(2) >= 0.5


async def test_one_that_tries_nothing_leaves_the_try_to_another() -> None:
    requeued: list[Key] = []
    troubled = signers(requeued)
    troubled.failed(A)
    troubled.failed(B)
    await until(lambda: requeued == [("team-a", "a")])
    troubled.released(A)
    await until(lambda: requeued == [("team-a", "a"), ("team-a", "b")])


async def test_what_is_gone_waits_no_longer() -> None:
    requeued: list[Key] = []
    troubled = signers(requeued)
    troubled.failed(A)
    troubled.forget(A)
    troubled.retry_now()
    await asyncio.sleep(0.01)
    assert requeued == []
    assert troubled.admits(B)
    assert troubled.admits(C)
