"""CRP5xx: what a policy permits as a whole."""

from collections.abc import Iterator
from typing import Final

from approver.analysis import Alternatives, needless, regions, selected, undone
from approver.analysis.region import Regions
from approver.analysis.shown import in_one_line
from approver.lint.finding import Hit, Severity
from approver.lint.rule import rule, rule_about_all
from approver.lint.rules.bindings import subjects_of
from approver.lint.subject import Estate, Subject
from approver.policy.conditions import Never
from approver.policy.fields import FIELDS, Style
from approver.policy.wildcard import Wildcards

_NAMES: Final = ("commonName", "dnsNames", "ipAddresses", "uris", "emailAddresses")
_NAME_FIELDS: Final = frozenset(
    f"spec.{name}"
    for field in FIELDS
    if any(f"allowed.{name}" in field.names(Style.STRUCTURED) for name in _NAMES)
    for style in Style
    for name in field.names(style)
)


def _forbidden(subject: Subject) -> frozenset[str]:
    """Return the fields in which nothing can be asked for."""
    return frozenset(
        check.field
        for check in subject.policy.checks
        if check.part != ".required"
        and (
            isinstance(check.condition, Never)
            or (isinstance(check.condition, Wildcards) and not any(check.condition.texts))
        )
    )


@rule(
    "CRP501",
    "never-approves",
    Severity.ERROR,
    "no request satisfies the policy",
    why="Two parts of the policy contradict each other, so that it denies all that it selects. A "
    "policy that is to deny everything says so: a value is required, and the list is empty.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {values: ["*.example.com"]}
constraints: {privateKey: {algorithm: ECDSA, minSize: 2048}}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {values: ["*.example.com"]}
constraints: {privateKey: {algorithm: ECDSA, minSize: 256}}
""",
)
def never_approves(subject: Subject) -> Iterator[Hit]:
    """Find policies that permit nothing, by their regions, and do not say that they mean it."""
    policy = subject.policy
    if policy.ready and not _denies_all(subject) and not regions(policy):
        fields = ", ".join(dict.fromkeys(check.field for check in policy.checks if check.rule))
        yield Hit("spec", f"no request can satisfy all of {fields}")


def _denies_all(subject: Subject) -> bool:
    """Tell whether a value is required where none is allowed."""
    required = {check.field for check in subject.policy.checks if check.part == ".required"}
    return bool(required & _forbidden(subject))


@rule(
    "CRP505",
    "deny-all-is-final",
    Severity.INFO,
    "a policy that denies all of everything",
    why="Where no other policy approves, a policy that selects every request turns undecided into "
    "denied, which is final: cert-manager asks again only after a while. --unmatched=deny says "
    "the same of what no policy decides.",
    bad="""\
selector: {issuerRef: {}}
allowed:
  dnsNames: {required: true, values: []}
""",
    good="""\
selector: {issuerRef: {}}
allowed:
  dnsNames: {required: true, values: ["*.example.com"]}
""",
)
def deny_all_is_final(subject: Subject) -> Iterator[Hit]:
    """Find policies that deny all, and select everything."""
    selector = subject.policy.selector
    narrow = selector.patterns or selector.issuers or selector.labels or selector.requester
    if subject.policy.ready and _denies_all(subject) and not narrow:
        yield Hit("spec", "denies every request of the cluster that no other policy approves")


@rule_about_all(
    "CRP503",
    "no-effect",
    Severity.WARNING,
    "all that the policy approves, others approve, too",
    why="Policies are alternatives: one of them is enough. A policy within the others changes "
    "nothing, and its limits limit nobody. Proven for all requests; looked for only where no role "
    "among the files says who may use which policy.",
    bad="""\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: web}
spec:
  selector: {namespace: {matchNames: [web]}}
  allowed: {dnsNames: {values: ["*.web.example.com"]}}
---
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: all}
spec:
  selector: {namespace: {}}
  allowed: {dnsNames: {values: ["*.example.com"]}}
""",
    good="""\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: web}
spec:
  selector: {namespace: {matchNames: [web]}}
  allowed: {dnsNames: {values: ["*.web.example.com"]}}
---
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: shop}
spec:
  selector: {namespace: {matchNames: [shop]}}
  allowed: {dnsNames: {values: ["*.example.com"]}}
""",
)
def no_effect(estate: Estate) -> Iterator[Hit]:
    """Find policies that others make needless, where no role says who may use which."""
    if any(role.granting for _, role in estate.roles):
        return
    usable = [each for each in estate.policies if each.policy.ready and each.policy.enforcing]
    others = Alternatives(each.policy for each in usable if not each.policy.rule_checks)
    gone = set[str]()  # of two that are alike, one is needed
    for subject in usable:
        policy = subject.policy
        if regions(policy) and needless(policy, others, {policy.name, *gone}):
            gone.add(policy.name)
            yield Hit("metadata.name", "other policies approve all that it approves", of=subject)


@rule(
    "CRP502",
    "no-name",
    Severity.ERROR,
    "no name can be asked for, and cert-manager makes no request without one",
    why="A Certificate must have a common name, a DNS name, an address, a URI or an email address. "
    "A policy that permits none of them approves no Certificate.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  usages: [server auth]
constraints: {maxDuration: 24h}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {values: ["*.example.com"]}
  usages: [server auth]
""",
)
def no_name(subject: Subject) -> Iterator[Hit]:
    """Find policies that forbid all kinds of names, other names included."""
    others = subject.at("spec.allowed.otherNames")
    none = len(_forbidden(subject) & _NAME_FIELDS) == len(_NAMES)
    if none and subject.policy.ready and not others and not _denies_all(subject):
        yield Hit("spec.allowed", "permits no name at all, and every Certificate has one")


@rule_about_all(
    "CRP504",
    "undone",
    Severity.INFO,
    "what the policy denies, another one approves",
    why="Policies are alternatives: what one of them forbids, another one that selects the same "
    "request may permit. That may be meant. Looked for where the other policy is bound to all to "
    "whom this one is.",
    bad="""\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: web}
spec:
  selector: {namespace: {matchNames: [web]}}
  allowed: {dnsNames: {values: ["*.web.example.com"]}}
---
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: services}
spec:
  selector: {namespace: {}}
  allowed: {dnsNames: {values: ["*.svc"]}}
""",
    good="""\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: web}
spec:
  selector: {namespace: {matchNames: [web]}, issuerRef: {name: public-ca}}
  allowed: {dnsNames: {values: ["*.web.example.com"]}}
---
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: services}
spec:
  selector: {namespace: {}, issuerRef: {name: internal-ca}}
  allowed: {dnsNames: {values: ["*.svc"]}}
""",
)
def undone_by_another(estate: Estate) -> Iterator[Hit]:
    """Find for each policy the first other one that approves what it selects and denies."""
    usable = [each for each in estate.policies if each.policy.ready and each.policy.enforcing]
    bound = {each.name: subjects_of(estate, each) for each in usable}
    found = [(each, region) for each in usable for region in regions(each.policy)]
    index = Regions(region for _, region in found)
    for limit in usable:
        near = {
            found[place][0].name: found[place][0]
            for region in selected(limit.policy)
            for place in index.overlapping(region)
        }
        for other in near.values():
            alike = limit.policy.self_bound == other.policy.self_bound
            if other is limit or not (alike and bound[limit.name] <= bound[other.name]):
                continue
            if found_one := undone(limit.policy, other.policy):
                message = f"{other.name} approves what it denies"
                shown = in_one_line(*found_one)
                yield Hit("metadata.name", message, witness=shown, of=limit)
                break
