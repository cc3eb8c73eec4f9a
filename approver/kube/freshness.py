"""Whether what a watch has told is all that there is, as a read of the API server proves.

A watch that is silent may have nothing to tell, or be stalled; it does not say which. So the
versions of all objects are read, which cost little, and compared with those that were heard of.
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from math import inf
from typing import Any, Final

import msgspec

from approver.kube.errors import KubeError
from approver.kube.listing import METADATA_ONLY, Metadata, pages, read
from approver.kube.reflector import Reflector
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.kube.watch_stream import Key

_LIFETIME_SECONDS: Final = 2.0  # of a proof, from before it was asked for
_RENEWAL_SECONDS: Final = 1.0
_LAG_SECONDS: Final = 0.5  # by which a watch may be behind a read
_PAUSE_SECONDS: Final = 0.02


class Freshness:
    """Proves that a reflector's cache is not older than two seconds, for as long as somebody asks.

    A cache that is found to be behind, and does not catch up, is listed anew.
    """

    def __init__(self, session: Session, resource: Resource, reflector: Reflector[Any]) -> None:
        self._session = session
        self._resource = resource
        self._reflector = reflector
        self._clock = session.timing.clock
        self._read_at = -inf  # when the last proof was asked for
        self._proving: asyncio.Task[None] | None = None

    @property
    def proven(self) -> bool:
        """Whether the cache held all that there was two seconds ago."""
        return self._clock() - self._read_at < _LIFETIME_SECONDS

    async def ensure(self) -> bool:
        """Have it proven; return whether it is. That takes no time if it was, a second ago."""
        if self._clock() - self._read_at > _RENEWAL_SECONDS and self._proving is None:
            self._proving = asyncio.create_task(self._prove(), name="freshness")
            self._proving.add_done_callback(self._proved)
        if not self.proven and self._proving:
            await asyncio.wait([self._proving])
        return self.proven

    def _proved(self, task: asyncio.Task[None]) -> None:
        self._proving = None
        if not task.cancelled():
            task.exception()  # is for the caller of `ensure` to see as no proof

    async def _prove(self) -> None:
        """Read until the cache holds all that was there at the time of a read."""
        behind_since = self._clock()
        while True:
            read_at = self._clock()
            try:
                there = await self._versions()
            except KubeError:
                return  # which the watch, too, has to do with
            if self._reflector.behind_since is None and self._holds(there):
                self._read_at = read_at
                return
            if self._clock() - behind_since > _LAG_SECONDS:
                if self._reflector.behind_since is None:
                    self._reflector.reread()
                return
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _versions(self) -> Mapping[Key, tuple[str, str]]:
        found = dict[Key, tuple[str, str]]()
        listed = pages(self._session, self._resource, accept=METADATA_ONLY)
        async with aclosing(listed) as parts:
            async for page in parts:
                for raw in page.items:
                    each = read(_DECODER, raw).metadata
                    found[each.namespace, each.name] = each.uid, each.resource_version
        return found

    def _holds(self, there: Mapping[Key, tuple[str, str]]) -> bool:
        """Tell whether the cache is as new as what was read, or newer."""
        known = self._reflector.versions
        return known.keys() == there.keys() and all(
            known[key] == version or _is_newer(known[key], version)
            for key, version in there.items()
        )


def _is_newer(known: tuple[str, str], read_version: tuple[str, str]) -> bool:
    (uid, version), (other_uid, other_version) = known, read_version
    numbers = version.isdecimal() and other_version.isdecimal()
    return uid == other_uid and numbers and int(version) > int(other_version)


class _Object(msgspec.Struct):
    metadata: Metadata


_DECODER = msgspec.json.Decoder(_Object)
