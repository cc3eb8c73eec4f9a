"""The right to decide: what cert-manager's webhook wants whoever approves or denies to have.

It is the verb `approve` on `signers` in cert-manager.io, and names them by plural and group, such
as `issuers.cert-manager.io/NAMESPACE.NAME`, `clusterissuers.cert-manager.io/NAME`, or for all of a
kind `issuers.cert-manager.io/*`.
"""

from typing import Final

from approver.kube.authorizer import REVIEW_DECODER
from approver.kube.listing import read
from approver.kube.resources import SELF_SUBJECT_ACCESS_REVIEWS
from approver.kube.session import Session
from approver.model.kinds import CERTIFICATE_REQUEST

_VERB: Final = "approve"
_RESOURCE: Final = "signers"


def missing_permission(signers: str) -> str:
    """Say which permission helps, by the name that the webhook asks for."""
    return f"{_VERB} on {_RESOURCE}, resource name {signers}"


async def may_approve(session: Session, signers: str) -> bool:
    """Ask whether we have the right, by the name that the webhook asks for. Raise `KubeError`."""
    attributes = {
        "group": CERTIFICATE_REQUEST.group,
        "resource": _RESOURCE,
        "verb": _VERB,
        "name": signers,
    }
    resource = SELF_SUBJECT_ACCESS_REVIEWS
    review = {**resource.kind.header, "spec": {"resourceAttributes": attributes}}
    answer = await session.call("POST", resource.path(), body=review)
    return read(REVIEW_DECODER, answer).status.allowed
