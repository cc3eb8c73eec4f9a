"""The objects of one resource, kept up to date with the API server."""

import asyncio
import logging
from collections.abc import Callable, Hashable, Mapping
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec

from approver.kube.errors import DisconnectedError, GoneError, KubeError, NotFoundError
from approver.kube.object_counts import ObjectCounts
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.kube.watch_stream import WATCH_TIMES, Event, EventType, Key, WatchStream, WatchTimes

T = TypeVar("T")

_log = logging.getLogger(__name__)

_REPEAT_SECONDS = 600.0  # after which a trouble that goes on is worth another line


class Reflector(Generic[T]):
    """Lists and watches one resource, and remembers the objects that `keep` wants.

    `decode` reads an object's JSON. If it raises, there is no such object for us, and
    `unreadable` says why.

    `on_change` is called with the key, the object as it was remembered, and as it is now; None
    where there is none. It is called for each change of every object, and for every object again
    at each new list. Of an object that was not kept, the former state is None, and its deletion is
    not told. An object that was replaced by another of the same name was deleted first.

    `counts` has the number of all objects, kept or not, by the class that `classify` returns.

    `synced` is set once everything has been listed. `behind_since` is the time, by the session's
    clock, since when changes may have been missed; None while there are none that we do not know
    of. `trouble` is what keeps it behind.
    """

    def __init__(
        self,
        session: Session,
        resource: Resource,
        decode: Callable[[bytes | msgspec.Raw], T],
        *,
        on_change: Callable[[Key, T | None, T | None], None],
        keep: Callable[[T], bool] = lambda _: True,
        classify: Callable[[T], Hashable] = lambda _: None,
        times: WatchTimes = WATCH_TIMES,
    ) -> None:
        self._resource = resource
        self._decode = decode
        self._keep = keep
        self._on_change = on_change
        self._counts = ObjectCounts(classify)
        self._session = session
        self._stream = WatchStream(session, resource, self._interrupted, times)
        self._objects: dict[Key, T] = {}
        self._unreadable: dict[Key, str] = {}
        self._versions: dict[Key, tuple[str, str]] = {}  # UID and version of the above
        self._reported: dict[str, float] = {}
        self.behind_since: float | None = session.timing.clock()
        self.trouble = ""
        self.synced = asyncio.Event()
        self._reread = asyncio.Event()

    @property
    def cache(self) -> Mapping[Key, T]:
        """The kept objects, as last heard of."""
        return MappingProxyType(self._objects)

    @property
    def unreadable(self) -> Mapping[Key, str]:
        """Why an object cannot be decoded."""
        return MappingProxyType(self._unreadable)

    @property
    def versions(self) -> Mapping[Key, tuple[str, str]]:
        """UID and resource version of what is kept, and of what cannot be decoded."""
        return MappingProxyType(self._versions)

    @property
    def counts(self) -> Mapping[Any, int]:
        """How many objects there are of each class."""
        return self._counts.counts

    def reread(self) -> None:
        """List all anew, each as if it had changed: what is read may be another without a change.

        It is behind until that is done.
        """
        self._versions = {key: (uid, "") for key, (uid, _) in self._versions.items()}
        self._fall_behind()
        self._reread.set()

    async def run(self) -> None:
        """Follow the resource until cancelled."""
        while True:
            self._reread.clear()
            following = asyncio.create_task(self._follow())
            rereading = asyncio.create_task(self._reread.wait())
            try:
                await asyncio.wait((following, rereading), return_when=asyncio.FIRST_COMPLETED)
                if following.done():
                    following.result()
            finally:
                following.cancel()
                rereading.cancel()
                await asyncio.wait((following, rereading))

    def _fall_behind(self) -> None:
        if self.behind_since is None:
            self.behind_since = self._session.timing.clock()

    async def _follow(self) -> None:
        gone: set[Key] = set()
        async with aclosing(self._stream.events()) as events:
            async for event in events:
                match event.type:
                    case EventType.LISTING:
                        gone = set(self._versions)
                        self._counts.begin()
                    case EventType.PRESENT | EventType.EARLY | EventType.ADDED | EventType.MODIFIED:
                        gone.discard(event.key)
                        self._update(event)
                    case EventType.DELETED:
                        self._counts.remove(self._objects.get(event.key) or self._read(event))
                        self._remove(event.key)
                    case EventType.LISTED:
                        for key in gone:
                            self._remove(key)
                        self._counts.end()
                        self.synced.set()
                    case EventType.CURRENT:
                        if not self._reread.is_set():
                            self.behind_since, self.trouble = None, ""
                    case EventType.ENDED:
                        self._fall_behind()

    def _update(self, event: Event) -> None:
        key, identity = event.key, (event.uid, event.version)
        known = self._versions.get(key)
        if known == identity:
            self._count(event.type, None, self._objects.get(key))
            return
        if known and known[0] != event.uid:
            self._remove(key)
        old, new = self._objects.pop(key, None), self._read(event)
        self._count(event.type, old, new)
        if new is not None and self._keep(new):
            self._objects[key] = new
        if key in self._objects or key in self._unreadable:
            self._versions[key] = identity
        else:
            self._versions.pop(key, None)
        if old is not None or new is not None or key in self._unreadable:
            self._on_change(key, old, new)

    def _count(self, type_: EventType, old: T | None, new: T | None) -> None:
        if type_ is EventType.MODIFIED:
            self._counts.change(old, new)
        elif type_ is not EventType.EARLY:
            self._counts.add(new)

    def _remove(self, key: Key) -> None:
        self._versions.pop(key, None)
        unreadable = self._unreadable.pop(key, None)
        old = self._objects.pop(key, None)
        if old is not None or unreadable is not None:
            self._on_change(key, old, None)

    def _read(self, event: Event) -> T | None:
        self._unreadable.pop(event.key, None)
        try:
            return self._decode(event.raw)
        except Exception as error:  # noqa: BLE001 - what breaks on one must not hide the others
            self._unreadable[event.key] = str(error)
            name = "/".join(part for part in event.key if part)
            _log.error("%s %s cannot be read: %s", self._resource.kind.plural, name, error)
            return None

    def _interrupted(self, error: KubeError) -> None:
        now = self._session.timing.clock()
        self.trouble = self._explain(error)
        self._fall_behind()
        self._session.telemetry.restarted(self._resource.kind.plural, error.cause)
        if now - self._reported.get(error.cause, -_REPEAT_SECONDS) >= _REPEAT_SECONDS:
            self._reported[error.cause] = now
            ordinary = isinstance(error, DisconnectedError | GoneError)
            level = logging.INFO if ordinary else logging.WARNING
            _log.log(level, "watching %s: %s", self._resource.kind.plural, self.trouble)

    def _explain(self, error: KubeError) -> str:
        if isinstance(error, NotFoundError):
            return f"{self._resource.kind.full_name} is not installed"
        return str(error)
