"""A live cluster, as a command sees it: with the rights of whoever calls, and no more."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec

from approver.cli.cluster_settings import ClusterSettings
from approver.kube.errors import ForbiddenError, KubeError, NotFoundError
from approver.kube.listing import pages
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.model import kinds
from approver.model.kinds import Kind

__all__ = ["Cluster", "Unseen", "UnseenError"]

_JSON: Final = msgspec.json.Decoder(dict[str, Any])

Obj = Mapping[str, Any]


class UnseenError(KubeError):
    """That somebody may not see what a command cannot do without; the text names the right."""


@dataclass(slots=True)
class Unseen:
    """What could not be seen, in words, each once."""

    words: dict[str, None]

    def note(self, what: str) -> None:
        """Note it."""
        self.words[what] = None


class Cluster:
    """Reads objects. What may not be read is noted in `unseen`, and is None."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.unseen = Unseen({})

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: ClusterSettings) -> AsyncIterator[Self]:
        """Connect; raise `ConfigurationError` if nobody says where to."""
        async with Session.open(
            settings.kubeconfig, settings.context, user=settings.user, groups=settings.groups
        ) as session:
            yield cls(session)

    async def get(self, kind: Kind, name: str, namespace: str = "") -> Obj | None:
        """Read an object, None if there is none. Raise `KubeError`."""
        try:
            path = Resource(kind).path(name, namespace=namespace)
            return _JSON.decode(await self.session.call("GET", path))
        except NotFoundError:
            return None

    async def each(self, kind: Kind, namespace: str = "", only: str = "") -> AsyncIterator[Obj]:
        """Yield all objects of a kind, or those of a namespace, page by page; raise `KubeError`."""
        async with aclosing(
            pages(self.session, Resource(kind, only=only), namespace=namespace)
        ) as found:
            async for page in found:
                for item in page.items:
                    yield {**kind.header, **_JSON.decode(item)}

    async def listed(self, kind: Kind, namespace: str = "", only: str = "") -> list[Obj] | None:
        """List them if that is permitted; None, and noted, if not. Raise `KubeError`."""
        try:
            return [obj async for obj in self.each(kind, namespace, only)]
        except ForbiddenError:
            where = f" in {namespace}" if namespace else ""
            self.unseen.note(f"{kind.plural}{where}")
            return None

    async def myself(self) -> str:
        """Return the user that the API server takes us for. Raise `KubeError`."""
        kind = kinds.SELF_SUBJECT_REVIEW
        answer = await self.session.call("POST", Resource(kind).path(), body=kind.header)
        status = _JSON.decode(answer).get("status") or {}
        return str((status.get("userInfo") or {}).get("username") or "somebody")

    async def create(self, manifest: Obj) -> None:
        """Create a role or a binding. Raise `KubeError`."""
        kind = next(each for each in kinds.RBAC if each.name == manifest["kind"])
        path = Resource(kind).path(namespace=manifest["metadata"].get("namespace", ""))
        await self.session.call("POST", path, body=manifest)

    async def needed(self, kind: Kind, namespace: str = "") -> list[Obj]:
        """List what there is no answer without; raise `UnseenError` if that is forbidden."""
        found = await self.listed(kind, namespace)
        if found is None:
            where = f" in the namespace {namespace}" if namespace else ""
            raise UnseenError(f"may not list {kind.full_name}{where}: ask for the right, or --file")
        return found
