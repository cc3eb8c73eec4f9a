"""The facts of one request in a live cluster, as far as we may see them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from approver.cli.cluster import Cluster
from approver.cli.targets import chosen
from approver.explain import Facts
from approver.kube.authorizer import may_use, may_use_myself
from approver.kube.discovery import Discovery
from approver.kube.errors import ForbiddenError, KubeError
from approver.kube.lease import LEASE
from approver.model import Request, kinds, without_nulls
from approver.model.kinds import Kind
from approver.model.labels import namespace_labels
from approver.policy import Policy
from approver.rbac import Binding, Bindings, Role, readable

Obj = Mapping[str, Any]
_LONGEST_SINCE_RENEWAL: Final = timedelta(minutes=2)


async def live_facts(
    cluster: Cluster, namespace: str, name: str, *, of_certificate: bool | None
) -> Facts:
    """Look at all that matters, as far as we may. Raise `KubeError` or `NoRequestError`."""
    listed = await cluster.needed(kinds.CERTIFICATE_REQUEST, namespace)
    requests = [Request.parse(without_nulls(obj)) for obj in listed]
    return await facts_of(cluster, chosen(requests, name, of_certificate=of_certificate))


async def facts_of(cluster: Cluster, request: Request) -> Facts:
    """Look at all that matters to a request, as far as we may. Raise `KubeError`."""
    namespace = request.namespace
    found = await cluster.listed(kinds.POLICY)
    policies = None if found is None else [Policy.parse(obj) for obj in found]
    labels = await _labels(cluster, namespace)
    selecting = [policy for policy in policies or () if policy.selects(request, labels)]
    seen_as = await cluster.myself()
    return Facts(
        request=request,
        policies=policies,
        labels=labels,
        bindings=await _bindings(cluster, namespace),
        bound=await _bound(cluster, request, selecting, seen_as),
        events=await _events(cluster, request),
        approver=await _approver(cluster),
        issuer_exists=await _issuer_exists(cluster, request),
        unseen=list(cluster.unseen.words),
        seen_as=seen_as,
    )


async def _labels(cluster: Cluster, namespace: str) -> Mapping[str, str]:
    try:
        found = await cluster.get(kinds.NAMESPACE, namespace)
    except ForbiddenError:
        cluster.unseen.note("labels of the namespace")
        return namespace_labels(namespace)
    return namespace_labels(namespace, (found or {}).get("metadata", {}).get("labels"))


async def _bindings(cluster: Cluster, namespace: str) -> Bindings | None:
    """Read all roles and bindings, or what there is of them in this namespace; None if nothing."""
    found: list[tuple[str, Role | Binding]] = []
    seen = False
    for kind in kinds.RBAC:
        objects = await cluster.listed(kind)
        if objects is None and kind in (kinds.ROLE, kinds.ROLE_BINDING):
            objects = await cluster.listed(kind, namespace)
        seen = seen or objects is not None
        found += readable(kind.name, objects or ())
    complete = not any(kind.plural in cluster.unseen.words for kind in kinds.RBAC)
    return Bindings(found) if seen and complete else None


async def _bound(
    cluster: Cluster, request: Request, policies: Sequence[Policy], myself: str
) -> Mapping[str, bool]:
    """Ask the authorizer, which knows more than RBAC: of anybody if we may, else of ourselves."""
    session, namespace = cluster.session, request.namespace
    answers: dict[str, bool] = {}
    for policy in policies:
        try:
            allowed = await may_use(session, request.requester, namespace, policy.name)
        except ForbiddenError:
            if request.requester.username != myself:
                cluster.unseen.note("what the authorizer says (subjectaccessreviews)")
                return {}
            allowed = await may_use_myself(session, namespace, policy.name)
        answers[policy.name] = allowed
    return answers


async def _issuer_exists(cluster: Cluster, request: Request) -> bool | None:
    """Tell whether the signer is there; None if it has signed, or that is not to be seen."""
    issuer = request.issuer
    if request.status.certificate:
        return None
    try:
        served = await Discovery(cluster.session).find(issuer.group, issuer.kind)
        if served is None:
            return False
        kind = Kind(issuer.group, served.version, issuer.kind, served.plural)
        namespace = request.namespace if served.namespaced else ""
        return await cluster.get(kind, issuer.name, namespace) is not None
    except ForbiddenError:
        cluster.unseen.note(f"the {issuer.kind}")
        return None


async def _events(cluster: Cluster, request: Request) -> Mapping[str, str]:
    """Return the newest note of each reason that the approver has told of the request."""
    found: dict[str, tuple[str, str]] = {}
    for event in await cluster.listed(kinds.EVENT, request.namespace) or ():
        regarding = event.get("regarding") or {}
        if regarding.get("uid") == request.metadata.uid:
            time = str(event.get("eventTime") or "")
            reason, note = str(event.get("reason")), str(event.get("note", ""))
            found[reason] = max(found.get(reason, ("", "")), (time, note))
    return {reason: note for reason, (_, note) in found.items()}


async def _approver(cluster: Cluster) -> str | None:
    """Return who holds the Lease, "" if nobody has it, None if that is not to be seen."""
    try:
        leases = await cluster.listed(kinds.LEASE, only=LEASE)
    except KubeError:
        return None
    if leases is None:
        return None
    specs = [lease.get("spec") or {} for lease in leases]
    now = datetime.now(UTC)
    return next((str(spec["holderIdentity"]) for spec in specs if _is_held(spec, now)), "")


def _is_held(spec: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether somebody has a Lease and renews it; clocks may differ by a minute or two."""
    renewed = spec.get("renewTime")
    if not (spec.get("holderIdentity") and renewed):
        return False
    return now - datetime.fromisoformat(renewed) < _LONGEST_SINCE_RENEWAL
