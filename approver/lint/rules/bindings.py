"""CRP6xx: who may use a policy, where roles and bindings are among the files."""

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from approver.lint.finding import Hit, Severity
from approver.lint.rule import rule_about_all
from approver.lint.subject import Estate, LintObject, Subject
from approver.model.kinds import ROLE_BINDING
from approver.policy.wildcard import Wildcards
from approver.rbac import Binding, Role

_POLICY: Final = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: web}
spec:
  selector: {namespace: {matchNames: [web]}}
  allowedDNSNames: ["*.example.com"]
"""
_MATCH_NAMES: Final = "selector.namespace.matchNames"
_MASTERS: Final = "system:masters"
_GROUPS: Final = (
    "system:authenticated",
    "system:unauthenticated",
    "system:serviceaccounts",
)


def _rbac(names: str, subject: str) -> str:
    return f"""\
{_POLICY}---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: use-web}}
rules:
  - apiGroups: [policy.cert-manager.io]
    resources: [certificaterequestpolicies]
    resourceNames: [{names}]
    verbs: [use]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: use-web}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: use-web}}
subjects: [{subject}]
"""


_CERT_MANAGER: Final = "{kind: ServiceAccount, namespace: cert-manager, name: cert-manager}"
_GOOD: Final = _rbac("web", _CERT_MANAGER)


def _granting(estate: Estate) -> list[tuple[LintObject, Role]]:
    return [(of, role) for of, role in estate.roles if role.granting]


def _granted(estate: Estate) -> Iterator[tuple[LintObject, Binding, Role]]:
    """Yield each binding of a role that is about policies."""
    roles = {
        (of.kind, role.metadata.namespace if of.kind == "Role" else "", role.metadata.name): role
        for of, role in _granting(estate)
    }
    for of, binding in estate.bindings:
        kind = binding.role_ref.kind
        namespace = binding.metadata.namespace if kind == "Role" else ""
        if role := roles.get((kind, namespace, binding.role_ref.name)):
            yield of, binding, role


def subjects_of(estate: Estate, policy: Subject) -> frozenset[tuple[str, ...]]:
    """Return who may use a policy, and where; nobody in particular where no role is about policies.

    Whom `selector.requester` names is not among them: that is a part of what it selects.
    """
    return frozenset(
        (each.kind, each.namespace, each.name, binding.metadata.namespace)
        for _, binding, role in _granted(estate)
        for rule in role.granting
        if not rule.resource_names or policy.name in rule.resource_names
        for each in binding.subjects or ()
    )


@rule_about_all(
    "CRP601",
    "unbound",
    Severity.ERROR,
    "nobody may use the policy",
    why="A policy counts only for those who may use it: RBAC must give cert-manager's service "
    "account the verb use on it, or selector.requester must name who may. Looked for only where "
    "some role among the files is about policies.",
    bad=_rbac("other", _CERT_MANAGER),
    good=_GOOD,
)
def unbound(estate: Estate) -> Iterator[Hit]:
    """Find policies that no binding among the files reaches."""
    if not _granting(estate):
        return
    bound, everything = set[str](), False
    for _, binding, role in _granted(estate):
        # Administrators may do everything; nobody asks for certificates as one of them.
        others = any(each.name != _MASTERS for each in binding.subjects or ())
        for rule in role.granting if others else ():
            bound.update(rule.resource_names)
            everything = everything or not rule.resource_names
    # A pattern among the names is a finding of its own (CRP602), from which this one follows.
    meant = Wildcards(name for name in bound if "*" in name)
    for subject in estate.policies:
        bound_or_meant = everything or subject.name in bound or meant.match(subject.name)
        if not (bound_or_meant or subject.policy.self_bound):
            yield Hit(
                "metadata.name",
                "no role and binding lets anybody use it",
                "bind it to cert-manager's service account, or name the requester in the selector",
                of=subject,
            )


@rule_about_all(
    "CRP602",
    "rbac-glob",
    Severity.ERROR,
    "resourceNames are no patterns",
    why="RBAC compares resourceNames as they are: shop-* is the policy of that name, which cannot "
    "exist. Name the policies, or leave resourceNames out to mean all.",
    bad=_rbac('"web*"', _CERT_MANAGER),
    good=_GOOD,
)
def rbac_glob(estate: Estate) -> Iterator[Hit]:
    """Find `*` in them."""
    for of, role in _granting(estate):
        for path, name in _resource_names(role):
            if "*" in name:
                yield Hit(path, f'RBAC knows no patterns: "{name}" is no policy', of=of)


@rule_about_all(
    "CRP603",
    "unknown-policy",
    Severity.WARNING,
    "a role names a policy that is not there",
    why="Either the policy is elsewhere, or the name is mistyped, and the right one is not bound.",
    bad=_rbac("web, wbe", _CERT_MANAGER),
    good=_GOOD,
)
def unknown_policy(estate: Estate) -> Iterator[Hit]:
    """Find names, and role references, without an object."""
    known = {subject.name for subject in estate.policies}
    for of, role in _granting(estate):
        for path, name in _resource_names(role):
            if "*" not in name and name not in known and known:
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else ""
                yield Hit(path, f"there is no policy {name} among the files", hint, of=of)


@rule_about_all(
    "CRP604",
    "people-only",
    Severity.WARNING,
    "a policy is bound to people only, and not to the service account of cert-manager",
    why="For a Certificate it is cert-manager that makes the request, whoever wrote the "
    "Certificate. A policy that only people may use counts for requests that they make by hand.",
    bad=_rbac("web", "{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice}"),
    good=_GOOD,
)
def people_only(estate: Estate) -> Iterator[Hit]:
    """Find policies whose bindings all name users, or groups of people."""
    kinds = dict[str, Counter[str]]()
    for _, binding, role in _granted(estate):
        for rule in role.granting:
            for name in rule.resource_names:
                found = kinds.setdefault(name, Counter())
                found.update(
                    _account_or_person(each.kind, each.name) for each in binding.subjects or ()
                )
    for subject in estate.policies:
        found = kinds.get(subject.name, Counter())
        if found["person"] and not found["account"] and not subject.policy.self_bound:
            yield Hit("metadata.name", "is bound to people only", of=subject)


@rule_about_all(
    "CRP605",
    "bound-to-all",
    Severity.WARNING,
    "a policy is bound to everybody",
    why="system:authenticated and its like are all accounts of the cluster: whoever may create a "
    "CertificateRequest may have what the policy permits.",
    bad=_rbac(
        "web", '{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:authenticated"}'
    ),
    good=_GOOD,
)
def bound_to_all(estate: Estate) -> Iterator[Hit]:
    """Find such groups."""
    for of, binding, _ in _granted(estate):
        for index, subject in enumerate(binding.subjects or ()):
            if subject.kind == "Group" and subject.name in _GROUPS:
                yield Hit(f"subjects[{index}].name", f"{subject.name} is everybody", of=of)


@rule_about_all(
    "CRP606",
    "bound-elsewhere",
    Severity.WARNING,
    "a RoleBinding stands in a namespace that the policy does not select",
    why="A RoleBinding lets its subjects use the policy in its own namespace. Where the policy "
    "selects no request of that namespace, the binding has no effect.",
    bad=_rbac("web", _CERT_MANAGER).replace(
        "ClusterRoleBinding\nmetadata: {name: use-web}",
        "RoleBinding\nmetadata: {name: use-web, namespace: shop}",
    ),
    good=_GOOD,
)
def bound_elsewhere(estate: Estate) -> Iterator[Hit]:
    """Find RoleBindings outside of `matchNames`."""
    by_name = {subject.name: subject for subject in estate.policies}
    for of, binding, role in _granted(estate):
        namespace = binding.metadata.namespace
        names = {name for rule in role.granting for name in rule.resource_names}
        for name in sorted(names & by_name.keys()) if of.kind == ROLE_BINDING.name else ():
            patterns = by_name[name].policy.selector.words.get(_MATCH_NAMES)
            if patterns is not None and not patterns.match(namespace):
                yield Hit(
                    "metadata.namespace",
                    f"policy {name} selects nothing in {namespace}",
                    of=of,
                )


def _resource_names(role: Role) -> Iterator[tuple[str, str]]:
    for index, rule in enumerate(role.rules or ()):
        if rule.grants_any:
            for number, name in enumerate(rule.resource_names):
                yield f"rules[{index}].resourceNames[{number}]", name


def _account_or_person(kind: str, name: str) -> str:
    is_account = kind == "ServiceAccount" or name.startswith("system:serviceaccount")
    return "account" if is_account else "person"
