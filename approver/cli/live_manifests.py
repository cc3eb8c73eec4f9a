"""What a cluster holds, as manifests: commands look at them as they do at files."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from approver.cli.cluster_settings import ClusterSettings, WhichCluster
from approver.cli.output import say
from approver.model import Error, kinds
from approver.ops.flags import switch

if TYPE_CHECKING:
    from approver.cli.cluster import Cluster

Text = tuple[Path, str]
"""A manifest, and what it is called."""
_KINDS = (*kinds.RBAC, kinds.NAMESPACE)
_OF_THE_SERVER = ("managedFields", "uid", "resourceVersion", "generation", "creationTimestamp")


class ClusterError(Error):
    """A cluster cannot be looked at: the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings(WhichCluster):
    """Whether a cluster is looked at, and which."""

    cluster: bool = switch("look at what is in the cluster, too, with your own rights")

    def texts(self, *, approvals: bool = False) -> Sequence[Text]:
        """Return what is in the cluster if it is looked at. Raise `ClusterError`."""
        return from_cluster(self, approvals=approvals) if self.cluster else ()


def from_cluster(settings: WhichCluster, *, approvals: bool = False) -> Sequence[Text]:
    """Read policies, who may use them, and namespaces; say what may not be seen.

    With `approvals`, all requests are read, too, to see who has approved what.
    Raise `ClusterError`, also if policies may not be listed.
    """
    # The Kubernetes client takes a third of a second to import, and files need none.
    from approver.kube.errors import KubeError  # noqa: PLC0415

    try:
        return asyncio.run(_read(settings, approvals=approvals))
    except KubeError as error:
        raise ClusterError(str(error)) from error


async def _read(settings: WhichCluster, *, approvals: bool) -> Sequence[Text]:
    from approver.cli.cluster import Cluster  # noqa: PLC0415 - as above

    which = ClusterSettings(kubeconfig=settings.kubeconfig, context=settings.context)
    async with Cluster.open(which) as cluster:
        found = await _objects(cluster)
        found += await _approved(cluster) if approvals else []
        if cluster.unseen.words:
            say(f"Not seen, for lack of rights: {', '.join(cluster.unseen.words)}.")
        return [_text(obj) for obj in found]


async def _objects(cluster: "Cluster") -> list[Mapping[str, Any]]:
    found = await cluster.needed(kinds.POLICY)
    for kind in _KINDS:
        found += await cluster.listed(kind) or ()
    definition = await _definition(cluster)
    return [*found, *([definition] if definition else [])]


async def _approved(cluster: "Cluster") -> list[Mapping[str, Any]]:
    """Return one request for each thing that was said of those that were approved."""
    from approver.kube.errors import ForbiddenError  # noqa: PLC0415 - as above

    kind, found = kinds.CERTIFICATE_REQUEST, dict[tuple[str, str], Mapping[str, Any]]()
    try:
        async for obj in cluster.each(kind):
            for condition in (obj.get("status") or {}).get("conditions") or ():
                if condition.get("type") == "Approved" and condition.get("status") == "True":
                    said = str(condition.get("reason")), str(condition.get("message"))
                    found.setdefault(said, obj)
    except ForbiddenError:
        cluster.unseen.note(kind.plural)
    return list(found.values())


async def _definition(cluster: "Cluster") -> Mapping[str, Any] | None:
    from approver.kube.errors import ForbiddenError  # noqa: PLC0415 - as above

    kind = kinds.CUSTOM_RESOURCE_DEFINITION
    try:
        found = await cluster.get(kind, kinds.POLICY.full_name)
    except ForbiddenError:
        cluster.unseen.note(kind.plural)
        return None
    return {**kind.header, **found} if found else None


def _text(obj: Mapping[str, Any]) -> Text:
    """Write an object as somebody might have applied it."""
    metadata = {key: each for key, each in obj["metadata"].items() if key not in _OF_THE_SERVER}
    is_request = obj["kind"] == kinds.CERTIFICATE_REQUEST.name
    plain = {key: each for key, each in obj.items() if key != "status" or is_request}
    plain |= {"metadata": metadata}
    where = [metadata[key] for key in ("namespace", "name") if key in metadata]
    return Path("cluster", str(obj["kind"]), *where), yaml.safe_dump(plain, sort_keys=False)
