"""What the API server serves: the resource of a kind, and whether its objects have namespaces."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from math import inf
from typing import Final

import msgspec

from approver.kube.errors import NotFoundError
from approver.kube.listing import read
from approver.kube.session import Session
from approver.model import dns

_GROUP: Final = re.compile(dns.SHORT_SUBDOMAIN)
_LIFETIME_SECONDS: Final = 60.0
_MOST_GROUPS: Final = 100  # remembered: requesters write any group


@dataclass(frozen=True, slots=True)
class ServedKind:
    """The plural by which a kind is served, as permissions name it, and the preferred version."""

    plural: str
    namespaced: bool
    version: str = ""


class _Version(msgspec.Struct, rename="camel"):
    group_version: str


class _Group(msgspec.Struct, rename="camel"):
    preferred_version: _Version


class _Resource(msgspec.Struct):
    name: str
    kind: str
    namespaced: bool


class _Resources(msgspec.Struct):
    resources: list[_Resource]


_GROUP_DECODER: Final = msgspec.json.Decoder(_Group)
_RESOURCES_DECODER: Final = msgspec.json.Decoder(_Resources)


class Discovery:
    """Asks which kinds there are, and remembers for a minute."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._clock = session.timing.clock
        self._groups: OrderedDict[str, tuple[float, dict[str, ServedKind]]] = OrderedDict()

    async def find(self, group: str, kind: str) -> ServedKind | None:
        """Return how a kind is served, None if there is none. Raise `KubeError`."""
        if not _GROUP.fullmatch(group):
            return None
        asked, kinds = self._groups.get(group, (-inf, {}))
        if self._clock() - asked > _LIFETIME_SECONDS:
            kinds = await self._kinds(group)
            self._groups[group] = self._clock(), kinds
            self._groups.move_to_end(group)
            if len(self._groups) > _MOST_GROUPS:
                self._groups.popitem(last=False)
        return kinds.get(kind)

    async def _kinds(self, group: str) -> dict[str, ServedKind]:
        try:
            answer = await self._session.call("GET", f"/apis/{group}")
            version = read(_GROUP_DECODER, answer).preferred_version.group_version
            answer = await self._session.call("GET", f"/apis/{version}")
        except NotFoundError:
            return {}
        served = read(_RESOURCES_DECODER, answer).resources
        return {
            each.kind: ServedKind(each.name, each.namespaced, version.rpartition("/")[2])
            for each in served
            if "/" not in each.name  # no subresource
        }
