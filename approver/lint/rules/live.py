"""CRP1xx and CRP7xx: what a cluster is like, for which the policies are written."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from approver.analysis import parts, selected
from approver.lint.finding import Hit, Severity
from approver.lint.rule import rule_about_all
from approver.lint.subject import Estate, Subject

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
        {parts.NAMESPACE: name, parts.LABELS: {**labels, "kubernetes.io/metadata.name": name}}
        for name, labels in namespaces.items()
    ]
    return any(
        all(domain.has(each[part]) for part, domain in region.domains.items() if part in each)
        for region in selected(subject.policy)
        for each in known
    )
