"""Conditions in the status of requests and policies, written only onto what we have seen.

One JSON merge patch does it for both: the API server refuses it if the resource version in it is
not the object's. That makes it safe to send the whole list of conditions, which a merge patch
replaces. It also tells an object from a later one of its name, whose version is newer; the API
server does not look at a UID in a patch of the status. Server-side apply would contend with another
approver for the fields.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Literal

import msgspec

from approver.kube.errors import ConflictError, NotFoundError
from approver.kube.resources import CERTIFICATE_REQUESTS, POLICIES, Resource
from approver.kube.session import Session
from approver.kube.times import whole_seconds
from approver.model import Condition, ObjectMeta, Request

_REASON = "policy.cert-manager.io"


class Outcome(Enum):
    """What became of a write."""

    WRITTEN = auto()
    UNCHANGED = auto()  # there was nothing to write
    CONFLICT = auto()  # the object has changed; the watch tells how
    GONE = auto()


async def write_decision(
    session: Session,
    request: Request,
    decision: Literal["Approved", "Denied"],
    message: str,
    *,
    reason: str = _REASON,
) -> Outcome:
    """Set the condition that lets the signer sign the request, or keeps it from it for good.

    Raise `KubeError`. It is a `ForbiddenError` if we may not write, or if cert-manager's webhook
    refuses, most often because we may not approve for the signer; its `message` says which.
    """
    condition = Condition(decision, "True", reason, message, _now())
    body = _patch(request.metadata, request.status.conditions, condition)
    return await _write(session, CERTIFICATE_REQUESTS, request.metadata, body)


async def write_readiness(
    session: Session,
    metadata: ObjectMeta,
    spec: msgspec.Raw,
    conditions: Iterable[Condition],
    *,
    ready: bool,
    message: str,
) -> Outcome:
    """Set the condition `Ready` of a policy for its generation, unless it says so already.

    `metadata`, `spec` and `conditions` are the policy's, as last seen. Raise `KubeError`.

    Any write stores what the installed definition leaves of the spec, for good. So the spec goes
    with it, which does not change it, and has the API server refuse the write if that definition
    lacks one of its fields: however lately it was replaced, nothing is lost.
    """
    seen = next((condition for condition in conditions if condition.type == "Ready"), None)
    status, reason = ("True", "Ready") if ready else ("False", "NotReady")
    since = seen.last_transition_time if seen and seen.status == status else _now()
    condition = Condition("Ready", status, reason, message, since, metadata.generation)
    if condition == seen:
        return Outcome.UNCHANGED
    body = _patch(metadata, conditions, condition) | {"spec": spec}
    return await _write(session, POLICIES, metadata, body, {"fieldValidation": "Strict"})


async def _write(
    session: Session,
    resource: Resource,
    metadata: ObjectMeta,
    body: dict[str, Any],
    query: Mapping[str, str] | None = None,
) -> Outcome:
    path = resource.path(metadata.name, namespace=metadata.namespace, subresource="status")
    try:
        await session.call("PATCH", path, query=query, body=body)
    except ConflictError:
        return Outcome.CONFLICT
    except NotFoundError:
        return Outcome.GONE
    return Outcome.WRITTEN


def _patch(
    metadata: ObjectMeta, conditions: Iterable[Condition], condition: Condition
) -> dict[str, Any]:
    """Return the merge patch that sets one condition, on the state that was seen only."""
    others = (other for other in conditions if other.type != condition.type)
    return {
        "metadata": {"resourceVersion": metadata.resource_version},
        "status": {"conditions": [_plain(each) for each in (*others, condition)]},
    }


def _plain(condition: Condition) -> dict[str, Any]:
    """Return it with its empty texts, which some schemas require."""
    return {"reason": "", "message": "", **msgspec.to_builtins(condition)}


def _now() -> str:
    return whole_seconds(datetime.now(UTC))
