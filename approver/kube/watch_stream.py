"""What happens to the objects of one resource, as an endless stream of events.

Three generators, each inside the next: one watch, which ends; a list and then watches, each from
where the last one ended, until something may have been missed; and these over and over again.

The time since the last bookmark does not tell a stalled connection from a quiet one: on a quiet
resource the API server sends none until its watch cache has heard from etcd, which may take ten
minutes. So the server is asked to end every watch after a minute or so. A new one from the same
resource version costs one call and loses nothing.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import msgspec

from approver.kube.backoff import LONGEST_RETRY_AFTER_SECONDS, Backoff
from approver.kube.errors import (
    DisconnectedError,
    KubeError,
    UndecodableError,
    api_error,
)
from approver.kube.first_look import first_look
from approver.kube.listing import Metadata, pages, read
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.model import quote

Key = tuple[str, str]
"""An object's namespace, "" if it lives in none, and its name."""


@dataclass(frozen=True, slots=True)
class WatchTimes:
    """Seconds. A watch is to end after `length`, and up to half more, which spreads them.

    The server may be `late`. A watch that ends `too_soon` is not begun again at once. A pause after
    a failure is at most `longest_pause`: nothing is decided meanwhile, and one call costs little.

    If a watch `resumes`, the next one begins where it ended. Otherwise all is listed anew, which
    proves that nothing was missed: the next watch may be silent because it is stalled.
    """

    length: float = 60.0
    late: float = 10.0
    too_soon: float = 5.0
    longest_pause: float = 2.0
    resumes: bool = True


_LONG_LIST: Final = 2_000  # objects after its first page

WATCH_TIMES: Final = WatchTimes()
LISTED_ANEW: Final = WatchTimes(resumes=False)


class EventType(Enum):
    """What an event says of an object, or of the list as a whole."""

    LISTING = auto()  # all objects that there are follow
    PRESENT = auto()  # as it is in the list
    EARLY = auto()  # as it was a little before; it will be in the list, too
    ADDED = auto()
    MODIFIED = auto()
    DELETED = auto()
    LISTED = auto()  # the list was complete; changes follow
    CURRENT = auto()  # nothing new up to this version; changes follow
    ENDED = auto()  # the watch has; changes may be missed until the next one


@dataclass(frozen=True, slots=True)
class Event:
    """`raw` is the object's JSON; `version` where to watch on from."""

    type: EventType
    key: Key = ("", "")
    uid: str = ""
    version: str = ""
    raw: bytes | msgspec.Raw = b""


class WatchStream:
    """The events of one resource; `on_interruption` is called with what makes it start again."""

    def __init__(
        self,
        session: Session,
        resource: Resource,
        on_interruption: Callable[[KubeError], None],
        times: WatchTimes = WATCH_TIMES,
    ) -> None:
        self._session = session
        self._resource = resource
        self._on_interruption = on_interruption
        self._times = times
        self._timing = session.timing
        self._backoff = Backoff(session.timing, longest=times.longest_pause)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield what there is and all that happens to it, forever."""
        while True:
            try:
                async with aclosing(self._list_and_watch()) as events:
                    async for event in events:
                        yield event
            except KubeError as error:
                await self._pause(error)

    async def _list_and_watch(self) -> AsyncGenerator[Event, None]:
        """List, then watch for as long as nothing can have been missed."""
        version = ""
        async with aclosing(self._list()) as events:
            async for event in events:
                version = event.version
                yield event
        while True:
            try:
                async with aclosing(self._watch(version)) as events:
                    async for event in events:
                        version = event.version
                        yield event
                yield Event(EventType.ENDED, version=version)
                if not self._times.resumes:
                    return
            except DisconnectedError as error:
                await self._pause(error)

    async def _list(self) -> AsyncGenerator[Event, None]:
        """List all objects, as of one moment."""
        yield Event(EventType.LISTING)
        version = ""
        async with aclosing(pages(self._session, self._resource)) as parts:
            async for page in parts:
                for raw in page.items:
                    yield _event(EventType.PRESENT, raw)
                if not version and page.metadata.remaining_item_count > _LONG_LIST:
                    async with aclosing(self._first_look()) as early:
                        async for event in early:
                            yield event
                version = page.metadata.resource_version
        yield Event(EventType.LISTED, version=version)

    async def _first_look(self) -> AsyncGenerator[Event, None]:
        """Yield what is to come first; whatever fails, the list will have it."""
        with suppress(KubeError):
            async with aclosing(first_look(self._session, self._resource)) as found:
                async for raw in found:
                    yield _event(EventType.EARLY, raw)

    async def _watch(self, version: str) -> AsyncGenerator[Event, None]:
        """Watch once, until the server ends it."""
        seconds = round(self._times.length * (1 + self._timing.random() / 2))
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
            **self._resource.selection,
        }
        opened = self._timing.clock()
        async with self._session.stream(
            self._resource.path(), query=query, lifetime=seconds + self._times.late
        ) as lines:
            yield Event(EventType.CURRENT, version=version)
            async for line in lines:
                yield _parse_line(line)
        if self._timing.clock() - opened < self._times.too_soon:
            raise DisconnectedError(f"{self._session.address}: the watch ended at once")

    async def _pause(self, error: KubeError) -> None:
        self._on_interruption(error)
        if error.retry_after:
            await self._timing.sleep(min(error.retry_after, LONGEST_RETRY_AFTER_SECONDS))
        if await self._session.health.sooner(self._backoff.pause()):
            self._backoff.reset()


class _Object(msgspec.Struct):
    metadata: Metadata


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


_OBJECT_DECODER = msgspec.json.Decoder(_Object)
_LINE_DECODER = msgspec.json.Decoder(_Line)
_EVENT_TYPES = {
    "ADDED": EventType.ADDED,
    "MODIFIED": EventType.MODIFIED,
    "DELETED": EventType.DELETED,
    "BOOKMARK": EventType.CURRENT,
}


def _parse_line(text: bytes) -> Event:
    line = read(_LINE_DECODER, text)
    if line.type == "ERROR":
        raise api_error(0, bytes(line.object))
    type_ = _EVENT_TYPES.get(line.type)
    if not type_:
        raise UndecodableError(f"a watch event of the unknown type {quote(line.type)}")
    return _event(type_, line.object)


def _event(type_: EventType, raw: msgspec.Raw) -> Event:
    metadata = read(_OBJECT_DECODER, raw).metadata
    return Event(
        type_, (metadata.namespace, metadata.name), metadata.uid, metadata.resource_version, raw
    )
