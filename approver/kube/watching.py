"""What happens to the objects of one resource, as an endless stream of events.

Three generators, each inside the next: one watch, which ends; a list and then watches, each from
where the last one ended, until there is doubt; and these over and over again.

A connection that is stalled is not found by the time between bookmarks: on a quiet resource the
API server sends none until its watch cache has heard from etcd, which may take ten minutes.
Instead the server is asked to end every watch soon. A new one from the same version costs little
and loses nothing.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum, auto

import msgspec

from approver.kube.backoff import LONGEST_ASKED, Backoff
from approver.kube.errors import (
    DisconnectedError,
    KubeError,
    UndecodableError,
    api_error,
)
from approver.kube.listing import Metadata, pages, read
from approver.kube.resources import Resource
from approver.kube.session import Session

Key = tuple[str, str]
"""An object's namespace, "" if it lives in none, and its name."""

_WATCH = 60.0  # seconds after which a watch is to end, and up to half more to spread them
_MARGIN = 10.0  # seconds by which the server may be late
_TOO_SHORT = 5.0  # seconds: a watch that ends so soon is not begun again at once
_LONGEST_PAUSE = 2.0  # seconds: nothing is decided meanwhile, and one call costs little


class What(Enum):
    """What an event says of an object, or of the list as a whole."""

    LISTING = auto()  # all objects that there are follow
    PRESENT = auto()  # as it is in the list
    ADDED = auto()
    MODIFIED = auto()
    DELETED = auto()
    LISTED = auto()  # the list was complete; changes follow
    CURRENT = auto()  # nothing new up to this version; changes follow


@dataclass(frozen=True, slots=True)
class Event:
    """`raw` is the object's JSON; `version` where to watch on from."""

    what: What
    key: Key = ("", "")
    uid: str = ""
    version: str = ""
    raw: bytes | msgspec.Raw = b""


class Feed:
    """The events of one resource; `trouble` is told of all that makes it start again."""

    def __init__(
        self, session: Session, resource: Resource, trouble: Callable[[KubeError], None]
    ) -> None:
        self._session = session
        self._resource = resource
        self._trouble = trouble
        self._timing = session.timing
        self._backoff = Backoff(session.timing, longest=_LONGEST_PAUSE)

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
            except DisconnectedError as error:
                await self._pause(error)

    async def _list(self) -> AsyncGenerator[Event, None]:
        """List all objects, as of one moment."""
        yield Event(What.LISTING)
        version = ""
        async with aclosing(pages(self._session, self._resource)) as parts:
            async for page in parts:
                for raw in page.items:
                    yield _event(What.PRESENT, raw)
                version = page.metadata.resource_version
        yield Event(What.LISTED, version=version)

    async def _watch(self, version: str) -> AsyncGenerator[Event, None]:
        """Watch once, until the server ends it."""
        seconds = round(_WATCH * (1 + self._timing.random() / 2))
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
            **self._resource.selection,
        }
        opened = self._timing.clock()
        async with self._session.stream(
            self._resource.path(), query=query, lifetime=seconds + _MARGIN
        ) as lines:
            yield Event(What.CURRENT, version=version)
            async for line in lines:
                yield _change(line)
        if self._timing.clock() - opened < _TOO_SHORT:
            raise DisconnectedError(f"{self._session.address}: the watch ended at once")

    async def _pause(self, error: KubeError) -> None:
        self._trouble(error)
        if error.retry_after:
            await self._timing.sleep(min(error.retry_after, LONGEST_ASKED))
        if await self._session.health.sooner(self._backoff.pause()):
            self._backoff.reset()


class _Object(msgspec.Struct):
    metadata: Metadata


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


_OBJECTS = msgspec.json.Decoder(_Object)
_LINES = msgspec.json.Decoder(_Line)
_CHANGES = {
    "ADDED": What.ADDED,
    "MODIFIED": What.MODIFIED,
    "DELETED": What.DELETED,
    "BOOKMARK": What.CURRENT,
}


def _change(text: bytes) -> Event:
    line = read(_LINES, text)
    if line.type == "ERROR":
        raise api_error(0, bytes(line.object))
    what = _CHANGES.get(line.type)
    if not what:
        raise UndecodableError(f"a change of the unknown type {line.type!r:.50}")
    return _event(what, line.object)


def _event(what: What, raw: msgspec.Raw) -> Event:
    metadata = read(_OBJECTS, raw).metadata
    return Event(
        what, (metadata.namespace, metadata.name), metadata.uid, metadata.resource_version, raw
    )
