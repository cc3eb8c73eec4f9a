"""The stream of events of one resource, when the server misbehaves."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest
from aiohttp import web

from approver.kube.resources import NAMESPACES
from approver.kube.watch_stream import (
    LISTED_ANEW,
    WATCH_TIMES,
    Event,
    EventType,
    WatchStream,
    WatchTimes,
)
from tests.kube.pretended import PretendedTime
from tests.kube.stub import answering


class Server:
    """Has no objects, and says to each watch the next of `watches`; then it says nothing."""

    def __init__(
        self,
        *watches: bytes,
        time: PretendedTime | None = None,
        watch_times: WatchTimes = WATCH_TIMES,
    ) -> None:
        self.time = time or PretendedTime()
        self._times = watch_times
        self.lists = 0
        self.versions: list[str] = []
        self.watched = 0.0
        self._watches = iter(watches)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            self.lists += 1
            return web.json_response({"metadata": {"resourceVersion": "100"}, "items": []})
        self.versions.append(request.query["resourceVersion"])
        self.time.now += self.watched
        return web.Response(body=next(self._watches, b""))

    async def run(self, enough: Callable[[list[Event]], bool]) -> tuple[list[Event], list[str]]:
        """Collect events until there are enough; return them and the causes of restarts."""
        return await collect(self.answer, self.time, enough, self._times)


async def collect(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
    time: PretendedTime,
    enough: Callable[[list[Event]], bool],
    watch_times: WatchTimes = WATCH_TIMES,
) -> tuple[list[Event], list[str]]:
    events: list[Event] = []
    causes: list[str] = []
    async with (
        asyncio.timeout(20),
        answering(answer, time.timing) as session,
        aclosing(
            WatchStream(
                session, NAMESPACES, lambda each: causes.append(each.cause), watch_times
            ).events()
        ) as all_,
    ):
        async for event in all_:
            events.append(event)
            if enough(events):
                break
    return events, causes


def times(count: int, type_: EventType) -> Callable[[list[Event]], bool]:
    return lambda events: Counter(event.type for event in events)[type_] == count


def line(kind: str, version: str, **metadata: str) -> bytes:
    described = {"resourceVersion": version, "name": "a", "uid": "1", **metadata}
    return json.dumps({"type": kind, "object": {"metadata": described}}).encode() + b"\n"


async def test_what_a_watch_says() -> None:
    server = Server(line("ADDED", "101") + line("MODIFIED", "102") + line("DELETED", "103"))
    events, _ = await server.run(times(2, EventType.CURRENT))

    assert [(event.type, event.version) for event in events] == [
        (EventType.LISTING, ""),
        (EventType.LISTED, "100"),
        (EventType.CURRENT, "100"),
        (EventType.ADDED, "101"),
        (EventType.MODIFIED, "102"),
        (EventType.DELETED, "103"),
        (EventType.CURRENT, "103"),
    ]


async def test_empty_watches_are_opened_ever_more_slowly() -> None:
    server = Server()
    _, causes = await server.run(times(6, EventType.CURRENT))

    assert server.lists == 1
    assert causes == 5 * ["disconnected"]
    assert server.time.slept == [0.5, 1, 2, 2, 2]


async def test_a_watch_that_ended_in_time_is_followed_by_the_next_at_once() -> None:
    server = Server()
    server.watched = 75
    _, causes = await server.run(times(6, EventType.CURRENT))

    assert (server.lists, causes, server.time.slept) == (1, [], [])


async def test_where_a_watch_is_not_resumed_all_is_listed_anew() -> None:
    server = Server(watch_times=LISTED_ANEW)
    server.watched = 75
    _, causes = await server.run(times(3, EventType.CURRENT))

    assert (server.lists, causes, server.time.slept) == (3, [], [])


async def test_the_next_watch_begins_where_a_bookmark_was() -> None:
    server = Server(line("BOOKMARK", "150"), line("BOOKMARK", "160"))
    await server.run(times(5, EventType.CURRENT))

    assert server.versions == ["100", "150", "160"]


async def test_a_part_of_a_line_is_not_taken_for_a_line() -> None:
    server = Server(line("ADDED", "101") + line("DELETED", "102")[:-2], line("DELETED", "102"))
    await server.run(times(1, EventType.DELETED))

    assert server.versions == ["100", "101"]


ERROR = b'{"type": "ERROR", "object": {"kind": "Status", "code": %d, "reason": "X"}}\n'


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (ERROR % 410, "gone"),
        (ERROR % 500, "server_error"),
        (ERROR % 429, "too_many_requests"),
        (b"<html>\n", "undecodable"),
        (b"\n", "undecodable"),
        (b"\xff\n", "undecodable"),
        (b'{"type": "ADDED"}\n', "undecodable"),
        (b'{"type": "ADDED", "object": {"metadata": {}}}\n', "undecodable"),
        (b"[" * 100_000 + b"\n", "undecodable"),
        (b'"' + b"a" * 5_000_000 + b'"\n', "undecodable"),
        (line("SURPRISE", "101"), "undecodable"),
    ],
)
async def test_after_any_doubt_all_is_listed_again(said: bytes, cause: str) -> None:
    server = Server(line("ADDED", "101") + said + line("ADDED", "102"))
    events, causes = await server.run(times(2, EventType.LISTED))

    assert causes == [cause]
    assert server.time.slept == [0.5]
    assert "102" not in {event.version for event in events}


async def test_retry_after_is_honoured() -> None:
    time = PretendedTime()
    answers = iter([web.Response(status=429, headers={"Retry-After": "7"})])
    server = Server(time=time)

    async def answer(request: web.Request) -> web.StreamResponse:
        return next(answers, None) or await server.answer(request)

    await collect(answer, time, times(1, EventType.LISTED))

    assert time.slept == [7, 0.5]


async def test_a_list_without_a_version_is_no_list() -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response({"metadata": {}, "items": []})

    events, causes = await collect(answer, PretendedTime(), times(3, EventType.LISTING))

    assert causes == 2 * ["undecodable"]
    assert {event.type for event in events} == {EventType.LISTING}
