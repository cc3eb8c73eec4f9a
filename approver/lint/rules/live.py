"""CRP1xx and CRP7xx: what a cluster is like, for which the policies are written."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from approver.analysis import parts, selected
from approver.lint.finding import Hit, Severity
from approver.lint.rule import rule_about_all
from approver.lint.subject import Estate, LintObject, Subject
from approver.model.kinds import CERTIFICATE_REQUEST
from approver.model.labels import namespace_labels
from approver.rbac import PolicyRule

_DEFINITION: Final = """\
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: certificaterequestpolicies.policy.cert-manager.io}
spec:
  group: policy.cert-manager.io
  versions:
    - name: v1alpha1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                selector: {type: object, x-kubernetes-preserve-unknown-fields: true}
                allowed: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""
_NAMESPACES: Final = """\
---
apiVersion: v1
kind: Namespace
metadata: {name: team-web}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
"""


def _policy(spec: str, rest: str) -> str:
    return f"""\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {{name: web}}
spec:
{spec}{rest}"""


_BOUNDED: Final = """\
  selector: {issuerRef: {name: ca}}
  allowed: {dnsNames: {values: ["*.example.com"]}}
  constraints: {maxDuration: 24h}
"""
_FREE: Final = """\
  selector: {issuerRef: {name: ca}}
  allowed: {dnsNames: {values: ["*.example.com"]}}
"""


def _of(namespaces: str) -> str:
    return _FREE.replace("{issuerRef", f"{{namespace: {{matchNames: [{namespaces}]}}, issuerRef")


@rule_about_all(
    "CRP105",
    "installed-crd-lacks",
    Severity.ERROR,
    "a field that the installed definition does not have",
    why="The API server drops what the installed CustomResourceDefinition does not know, and the "
    "policy permits more than was written. Install the definition of this version first. Looked "
    "for in a cluster (--cluster), or where the definition is among the files.",
    bad=_policy(_BOUNDED, _DEFINITION),
    good=_policy(_FREE, _DEFINITION),
)
def installed_crd_lacks(estate: Estate) -> Iterator[Hit]:
    """Find fields that are set and would be dropped."""
    for subject in estate.policies:
        for path in estate.missing:
            if subject.at(path) is not None:
                yield Hit(
                    path,
                    "the installed definition does not have it: it will be dropped",
                    "install the definition of this version",
                    of=subject,
                    is_key=True,
                )


@rule_about_all(
    "CRP704",
    "selects-nothing",
    Severity.WARNING,
    "no namespace of the cluster is selected",
    why="The name or the label is mistyped, or the namespace does not exist yet. Looked for in a "
    "cluster (--cluster).",
    bad=_policy(_of("team-wbe"), _NAMESPACES),
    good=_policy(_of('"team-*"'), _NAMESPACES),
)
def selects_nothing(estate: Estate) -> Iterator[Hit]:
    """Hold selectors against all namespaces."""
    for subject in estate.policies if estate.namespaces else ():
        if subject.policy.ready and not _selects_one(subject, estate.namespaces or {}):
            names = subject.at("spec.selector.namespace.matchNames")
            known = list(estate.namespaces or {})
            near = get_close_matches(str(names[0]), known, 1) if isinstance(names, list) else []
            hint = f"did you mean {near[0]}?" if near else ""
            path = "spec.selector.namespace"
            yield Hit(path, "selects no namespace of the cluster", hint, of=subject)


def _selects_one(subject: Subject, namespaces: Mapping[str, Mapping[str, str]]) -> bool:
    known: list[Mapping[str, Any]] = [
        {parts.NAMESPACE: name, parts.LABELS: namespace_labels(name, labels)}
        for name, labels in namespaces.items()
    ]
    return any(
        all(domain.has(each[part]) for part, domain in region.domains.items() if part in each)
        for region in selected(subject.policy)
        for each in known
    )


_BUILT_IN: Final = "cert-manager.io"
_OURS: Final = "policy.cert-manager.io"


def _approved(name: str, reason: str, message: str) -> str:
    return f"""\
---
apiVersion: cert-manager.io/v1
kind: CertificateRequest
metadata: {{name: {name}, namespace: shop}}
spec: {{request: "", issuerRef: {{name: ca}}}}
status:
  conditions: [{{type: Approved, status: "True", reason: {reason}, message: '{message}'}}]
"""


def _by(policy: str) -> str:
    return _approved("web-1", _OURS, f'Approved by CertificateRequestPolicy: "{policy}"')


def _approvals(estate: Estate) -> Iterator[tuple[LintObject, str, str]]:
    """Yield the stored requests that were approved, with the reason and the message."""
    for request in estate.requests:
        conditions = request.at("status.conditions")
        for each in conditions if isinstance(conditions, list) else ():
            if isinstance(each, Mapping) and each.get("type") == "Approved":
                yield request, str(each.get("reason")), str(each.get("message"))


@rule_about_all(
    "CRP701",
    "built-in-approver-on",
    Severity.ERROR,
    "cert-manager's own approver has approved a request",
    why="It approves everything, whatever policies say, and whoever is first decides. Switch it "
    "off: disableAutoApproval: true in the values of cert-manager's chart. Looked for in the "
    "requests of a cluster (--cluster), or among the files.",
    bad=_policy(_FREE, _approved("web-1", _BUILT_IN, "Certificate request has been approved")),
    good=_policy(_FREE, _by("web")),
)
def built_in_approver_on(estate: Estate) -> Iterator[Hit]:
    """Find one request that it has approved: that says it of all."""
    for request, reason, _ in _approvals(estate):
        if reason == _BUILT_IN:
            text = "was approved by cert-manager's own approver, which asks no policy"
            yield Hit("status.conditions", text, "switch it off: disableAutoApproval", of=request)
            return


@rule_about_all(
    "CRP705",
    "unused",
    Severity.INFO,
    "a policy that has approved no stored request",
    why="It may be new, or nobody needs it any more: what nobody needs, somebody may misuse. "
    "Looked for in the requests of a cluster (--cluster), or among the files.",
    bad=_policy(_FREE, _by("other")),
    good=_policy(_FREE, _by("web")),
)
def unused(estate: Estate) -> Iterator[Hit]:
    """Hold policies against what the conditions of requests name."""
    used = [message for _, reason, message in _approvals(estate) if reason == _OURS]
    for subject in estate.policies if used else ():
        policy = subject.policy
        if (
            policy.ready
            and policy.enforcing
            and not any(f'"{policy.name}"' in each for each in used)
        ):
            yield Hit("metadata.name", "has approved none of the stored requests", of=subject)


def _signers(names: str) -> str:
    return f"""\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: approver}}
rules:
  - apiGroups: [cert-manager.io]
    resources: [signers]
    verbs: [approve]
    resourceNames: [{names}]
"""


_STEP: Final = """\
  selector: {issuerRef: {name: ca, kind: StepIssuer, group: certmanager.step.sm}}
  allowed: {dnsNames: {values: ["*.example.com"]}}
"""


@rule_about_all(
    "CRP702",
    "no-approve-permission",
    Severity.ERROR,
    "no role permits to approve for the signer that is selected",
    why="cert-manager's webhook refuses the decisions of an approver that may not `approve` for "
    "the signer, and the requests wait. Add the kind to app.approveSignerNames of the chart. "
    "Looked for where some role is about signers.",
    bad=_policy(_STEP, _signers("issuers.cert-manager.io/*")),
    good=_policy(_STEP, _signers("issuers.cert-manager.io/*, stepissuers.certmanager.step.sm/*")),
)
def no_approve_permission(estate: Estate) -> Iterator[Hit]:
    """Hold the kinds of signers against the roles that are about them."""
    rules = [rule for _, role in estate.roles for rule in role.rules or () if _approves(rule)]
    for subject in estate.policies if rules else ():
        kinds = list(subject.policy.selector.signer_kinds)
        resources = [f"{kind.kind.lower()}s.{kind.group}" for kind in kinds]
        if kinds and not any(_covers(rule, each) for rule in rules for each in resources):
            missing = f"approve on signers, resource name {resources[0]}/*"
            path = "spec.selector.issuerRef"
            yield Hit(path, f"nobody may approve for it: {missing}", of=subject)


def _approves(rule: PolicyRule) -> bool:
    return rule.grants(CERTIFICATE_REQUEST.group, "signers", "approve")


def _covers(rule: PolicyRule, resource: str) -> bool:
    return not rule.resource_names or any(
        name.startswith(f"{resource}/") for name in rule.resource_names
    )
