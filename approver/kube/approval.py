"""The right to decide: what cert-manager's webhook wants whoever approves or denies to have.

It is the verb `approve` on `signers` in cert-manager.io, and names them by plural and group, such
as `issuers.cert-manager.io/NAMESPACE.NAME`, `clusterissuers.cert-manager.io/NAME`, or for all of a
kind `issuers.cert-manager.io/*`.
"""

from typing import Final

import msgspec

from approver.kube.authorizer import REVIEW_DECODER
from approver.kube.discovery import ServedKind
from approver.kube.listing import read
from approver.kube.resources import SELF_SUBJECT_ACCESS_REVIEWS, SELF_SUBJECT_RULES_REVIEWS
from approver.kube.session import Session
from approver.model import IssuerRef, Request
from approver.model.kinds import CERTIFICATE_REQUEST, CLUSTER_ISSUER

_VERB: Final = "approve"
_RESOURCE: Final = "signers"
_ANY_NAMESPACE: Final = "default"  # what a ClusterRoleBinding gives, it gives in each


def signer_resource(issuer: IssuerRef, served: ServedKind | None) -> str:
    """Return PLURAL.GROUP of a signer; `served` is how its kind is served, if that is known."""
    return f"{served.plural if served else f'{issuer.kind.lower()}s'}.{issuer.group}"


def signer_name(request: Request, served: ServedKind | None) -> str:
    """Return the name by which the webhook asks for the right to decide a request."""
    issuer = request.issuer
    namespaced = served.namespaced if served else issuer.kind != CLUSTER_ISSUER.name
    scope = f"{request.namespace}." if namespaced else ""
    return f"{signer_resource(issuer, served)}/{scope}{issuer.name}"


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


async def may_approve_by_name(session: Session, kind: str) -> bool:
    """Ask whether we have the right for some signer of a kind, PLURAL.GROUP. Raise `KubeError`.

    Only what RBAC gives by name in the whole cluster is found.
    """
    resource = SELF_SUBJECT_RULES_REVIEWS
    review = {**resource.kind.header, "spec": {"namespace": _ANY_NAMESPACE}}
    answer = await session.call("POST", resource.path(), body=review)
    return any(
        name.startswith(f"{kind}/")
        for rule in read(_RULES_DECODER, answer).status.resource_rules
        if _VERB in rule.verbs
        and _RESOURCE in rule.resources
        and CERTIFICATE_REQUEST.group in rule.api_groups
        for name in rule.resource_names
    )


class _Rule(msgspec.Struct, rename="camel"):
    verbs: list[str]
    api_groups: list[str] = []
    resources: list[str] = []
    resource_names: list[str] = []


class _Rules(msgspec.Struct, rename="camel"):
    resource_rules: list[_Rule]


class _RulesReview(msgspec.Struct):
    status: _Rules


_RULES_DECODER: Final = msgspec.json.Decoder(_RulesReview)
