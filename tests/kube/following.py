"""A reflector at work on config maps, and what it tells."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import msgspec

from approver.kube.reflector import Reflector
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.kube.telemetry import Telemetry
from approver.kube.watch_stream import WATCH_TIMES, Key, WatchTimes
from approver.model.kinds import Kind
from tests.controlplane.manifests import Manifest

CONFIG_MAPS = Resource(Kind("", "v1", "ConfigMap", "configmaps"))


class Data(msgspec.Struct):
    """Digits only: anything else cannot be decoded."""

    number: Annotated[str, msgspec.Meta(pattern="^[0-9]*$")] = ""


class ConfigMap(msgspec.Struct):
    data: Data = msgspec.field(default_factory=Data)


class Restarts(Telemetry):
    """The causes of restarts, in order."""

    def __init__(self) -> None:
        self.causes: list[str] = []

    def restarted(self, resource: str, cause: str) -> None:
        assert resource == CONFIG_MAPS.kind.plural
        self.causes.append(cause)


class Follower:
    """Notes the changes in one namespace: the name, the number that was and the one that is."""

    def __init__(
        self,
        session: Session,
        namespace: str,
        keep: Callable[[ConfigMap], bool],
        times: WatchTimes,
    ) -> None:
        self.changes: list[tuple[str, str | None, str | None]] = []
        self.reflector = Reflector(
            session,
            CONFIG_MAPS,
            msgspec.json.Decoder(ConfigMap).decode,
            on_change=self._note,
            keep=keep,
            times=times,
        )
        self._namespace = namespace

    @property
    def kept(self) -> dict[str, str]:
        return {
            name: config_map.data.number
            for (namespace, name), config_map in self.reflector.cache.items()
            if namespace == self._namespace
        }

    async def current(self) -> None:
        """Wait until a watch is open."""
        await until(lambda: self.reflector.behind_since is None)

    async def see(self, *changes: tuple[str, str | None, str | None]) -> None:
        """Wait for changes, which must be all that come."""
        await until(lambda: len(self.changes) >= len(changes))
        assert self.changes == list(changes)
        self.changes.clear()

    def _note(self, key: Key, old: ConfigMap | None, new: ConfigMap | None) -> None:
        if key[0] == self._namespace:
            self.changes.append((key[1], number(old), number(new)))


def number(config_map: ConfigMap | None) -> str | None:
    return config_map.data.number if config_map else None


@asynccontextmanager
async def following(
    session: Session,
    namespace: str,
    keep: Callable[[ConfigMap], bool] = lambda _: True,
    times: WatchTimes = WATCH_TIMES,
) -> AsyncIterator[Follower]:
    follower = Follower(session, namespace, keep, times)
    task = asyncio.create_task(follower.reflector.run())
    try:
        yield follower
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait([task])


def config_map(name: str, namespace: str, value: str) -> Manifest:
    return {
        **CONFIG_MAPS.kind.header,
        "metadata": {"name": name, "namespace": namespace},
        "data": {"number": value},
    }


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)
