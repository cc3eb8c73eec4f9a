"""Requests that are stored somewhere, and the policies, bindings and labels beside them."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from approver.cli.defaults import Defaults
from approver.cli.inputs import World
from approver.manifests.files import UnusableError
from approver.model import InvalidObjectError, Request, kinds, without_nulls
from approver.policy import Policy
from approver.rbac import Binding, Bindings, Role, parser

if TYPE_CHECKING:
    from approver.cli.cluster import Cluster

Obj = Mapping[str, Any]
_LIST: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What decides, beside requests. Without `bindings`, nobody knows who may use what."""

    policies: Sequence[Policy]
    bindings: Bindings | None
    labels: Mapping[str, Mapping[str, str]]
    unseen: Sequence[str] = ()


def from_dump(path: Path, namespace: str | None) -> tuple[Stored, Iterator[Request]]:
    """Read a dump as kubectl writes it, quickly if it is JSON; raise `UnusableError`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UnusableError(f"{path}: {error.strerror}") from error
    if text.lstrip()[:1] != b"{":
        return _from_yaml(path, namespace)
    by_kind: dict[str, list[Obj]] = {}
    requests: list[msgspec.Raw] = []
    for raw in _items(path, text):
        obj = _OBJECT.decode(raw)
        if obj.get("kind") == kinds.CERTIFICATE_REQUEST.name:
            requests.append(raw)
        else:
            by_kind.setdefault(str(obj.get("kind")), []).append(obj)
    bindings = Bindings(_rbac(by_kind))
    stored = Stored(
        policies=[Policy.parse(without_nulls(obj)) for obj in by_kind.get(kinds.POLICY.name, ())],
        bindings=bindings if bindings.about_policies else None,
        labels=_labels(by_kind.get(kinds.NAMESPACE.name, ())),
    )
    return stored, _requests((_OBJECT.decode(raw) for raw in requests), namespace)


async def from_cluster(cluster: "Cluster") -> Stored:
    """Read all but the requests. Raise `KubeError`."""
    policies = [Policy.parse(without_nulls(obj)) for obj in await cluster.needed(kinds.POLICY)]
    by_kind = {}
    for kind in kinds.RBAC:
        found = await cluster.listed(kind)
        if found is not None:
            by_kind[kind.name] = found
    labels = await cluster.listed(kinds.NAMESPACE)
    return Stored(
        policies=policies,
        bindings=Bindings(_rbac(by_kind)) if len(by_kind) == len(kinds.RBAC) else None,
        labels=_labels(labels or ()),
        unseen=list(cluster.unseen.words),
    )


async def requests_of(cluster: "Cluster", namespace: str) -> AsyncIterator[Request]:
    """Yield the requests of a cluster, page by page. Raise `KubeError`."""
    async for obj in cluster.each(kinds.CERTIFICATE_REQUEST, namespace):
        for request in _requests([obj], None):
            yield request


def _from_yaml(path: Path, namespace: str | None) -> tuple[Stored, Iterator[Request]]:
    world = World.read([path], Defaults())
    if world.errors:
        raise UnusableError("\n".join(map(str, world.errors)))
    stored = Stored(
        policies=world.policies,
        bindings=world.bindings if world.binding else None,
        labels=world.namespace_labels,
    )
    requests = (
        case.request
        for case in world.cases
        if case.kind == kinds.CERTIFICATE_REQUEST.name
        and namespace in (None, case.request.namespace)
    )
    return stored, requests


def _items(path: Path, text: bytes) -> Iterator[msgspec.Raw]:
    try:
        whole = _LIST.decode(text)
        yield from _ITEMS.decode(whole["items"]) if "items" in whole else [msgspec.Raw(text)]
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UnusableError(f"{path}: not JSON that can be read: {error}") from error


def _requests(objects: Iterator[Obj] | Sequence[Obj], namespace: str | None) -> Iterator[Request]:
    for obj in objects:
        try:
            request = Request.parse(without_nulls(obj))
        except InvalidObjectError:
            continue  # which the API server would not have taken
        if namespace in (None, request.namespace):
            yield request


def _rbac(by_kind: Mapping[str, Sequence[Obj]]) -> Iterator[tuple[str, Role | Binding]]:
    for kind in kinds.RBAC:
        for obj in by_kind.get(kind.name, ()):
            try:
                yield kind.name, parser(kind.name)(without_nulls(obj))
            except InvalidObjectError:
                continue  # which gives nobody anything


def _labels(namespaces: Sequence[Obj]) -> Mapping[str, Mapping[str, str]]:
    found = {}
    for obj in namespaces:
        metadata = obj.get("metadata") or {}
        name = str(metadata.get("name"))
        found[name] = {"kubernetes.io/metadata.name": name, **(metadata.get("labels") or {})}
    return found
