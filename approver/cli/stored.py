"""Requests that are stored somewhere, and the policies, bindings and labels beside them."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from approver.manifests.dumps import Dumped, read_dump
from approver.manifests.files import UnusableError
from approver.model import (
    InvalidObjectError,
    MetadataOnly,
    Object,
    ObjectMeta,
    Request,
    kinds,
    without_nulls,
)
from approver.model.kinds import Kind
from approver.model.labels import namespace_labels
from approver.policy import Policy
from approver.rbac import Binding, Bindings, Role, parser, readable
from approver.replay.report import Place

if TYPE_CHECKING:
    from approver.cli.cluster import Cluster

Obj = Mapping[str, Any]
_T = TypeVar("_T")
_KINDS: Final = {
    (kind.group, kind.name): kind
    for kind in (
        kinds.CERTIFICATE_REQUEST,
        kinds.CERTIFICATE,
        kinds.POLICY,
        kinds.NAMESPACE,
        *kinds.RBAC,
    )
}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What decides, beside requests. Without `bindings`, nobody knows who may use what.

    `renewals` are when each Certificate is renewed, None if they are not known; `errors` is what is
    wrong with objects of a dump.
    """

    policies: Sequence[Policy]
    bindings: Bindings | None
    labels: Mapping[str, Mapping[str, str]]
    renewals: Mapping[Place, str | None] | None = None
    unseen: Sequence[str] = ()
    """Kinds that verdicts depend on, and that the caller may not list."""
    errors: Sequence[UnusableError] = ()


class _Renewal(Object, frozen=True):
    renewal_time: str | None = None


class WithRenewal(Object, frozen=True):
    """A Certificate, as far as it says when it is renewed."""

    metadata: ObjectMeta
    status: _Renewal = _Renewal()


def from_dump(path: Path, namespace: str | None) -> tuple[Stored, Iterator[Request]]:
    """Read a dump as kubectl writes it, in two passes, so that no more than a request is held.

    Raise `UnusableError`. What is wrong with objects is among the `errors`.
    """
    policies: list[Policy] = []
    rbac: list[tuple[str, Role | Binding]] = []
    labels: dict[str, Mapping[str, str]] = {}
    renewals: dict[Place, str | None] = {}
    errors: list[UnusableError] = []
    for dumped in read_dump(path):
        kind = _kind(dumped.obj)
        try:
            if kind == kinds.POLICY:
                policies.append(_parsed(dumped, Policy.parse))
            elif kind and kind in kinds.RBAC:
                rbac.append((kind.name, _parsed(dumped, parser(kind.name))))
            elif kind == kinds.NAMESPACE:
                labels |= _labels([_parsed(dumped, MetadataOnly.parse)])
            elif kind == kinds.CERTIFICATE:
                renewals |= _renewals([_parsed(dumped, WithRenewal.parse)])
            elif kind == kinds.CERTIFICATE_REQUEST:
                _parsed(dumped, Request.parse)
        except UnusableError as error:
            errors.append(error)
    bindings = Bindings(rbac)
    stored = Stored(
        policies=policies,
        bindings=bindings if bindings.about_policies else None,
        labels=labels,
        renewals=renewals or None,
        errors=errors,
    )
    return stored, _requests(path, namespace)


def _requests(path: Path, namespace: str | None) -> Iterator[Request]:
    for dumped in read_dump(path):
        if _kind(dumped.obj) == kinds.CERTIFICATE_REQUEST:
            request = Request.parse(without_nulls(dumped.obj))
            if namespace in (None, request.namespace):
                yield request


async def from_cluster(cluster: "Cluster") -> Stored:
    """Read all but the requests. Raise `KubeError`."""
    policies = [Policy.parse(without_nulls(obj)) for obj in await cluster.needed(kinds.POLICY)]
    rbac = {kind.name: await cluster.listed(kind) for kind in kinds.RBAC}
    bindings = Bindings(
        each for kind, objects in rbac.items() for each in readable(kind, objects or ())
    )
    namespaces = await cluster.listed(kinds.NAMESPACE)
    unseen = list(cluster.unseen.words)
    certificates = await cluster.listed(kinds.CERTIFICATE)  # without, renewals are reckoned
    return Stored(
        policies=policies,
        bindings=None if None in rbac.values() else bindings,
        labels=_labels(map(MetadataOnly.parse, namespaces or ())),
        renewals=None
        if certificates is None
        else _renewals(WithRenewal.parse(without_nulls(each)) for each in certificates),
        unseen=unseen,
    )


async def requests_of(cluster: "Cluster", namespace: str) -> AsyncIterator[Request]:
    """Yield the requests of a cluster, page by page. Raise `KubeError`."""
    from approver.kube.errors import UndecodableError  # noqa: PLC0415 - as all of the client

    async for obj in cluster.each(kinds.CERTIFICATE_REQUEST, namespace):
        try:
            request = Request.parse(without_nulls(obj))
        except InvalidObjectError as error:
            text = f"a CertificateRequest: {error.field}: {error.message}"
            raise UndecodableError(text) from error
        yield request


def _kind(obj: Obj) -> Kind | None:
    return _KINDS.get((str(obj.get("apiVersion", "")).rpartition("/")[0], obj["kind"]))


def _parsed(dumped: Dumped, parse: Callable[[Obj], _T]) -> _T:
    try:
        return parse(without_nulls(dumped.obj))
    except InvalidObjectError as error:
        metadata = dumped.obj.get("metadata")
        name = metadata.get("name", "") if isinstance(metadata, Mapping) else ""
        what = f"{dumped.obj['kind']} {name}".strip()
        text = f"{dumped.source}: {what}: {error.field}: {error.message}"
        raise UnusableError(text) from error


def _labels(namespaces: Iterable[MetadataOnly]) -> dict[str, Mapping[str, str]]:
    return {
        each.metadata.name: namespace_labels(each.metadata.name, each.metadata.labels)
        for each in namespaces
    }


def _renewals(certificates: Iterable[WithRenewal]) -> dict[Place, str | None]:
    return {
        (each.metadata.namespace, each.metadata.name): each.status.renewal_time
        for each in certificates
    }
