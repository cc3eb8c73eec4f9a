"""CRP8xx: what cert-manager asks for, and the policy never permits."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from approver.analysis import Question, Region, parts
from approver.analysis.alphabet import SOME_TEXT, VISIBLE
from approver.analysis.domains import NONE, Texts
from approver.analysis.language import EVERYTHING
from approver.lint.finding import Hit, Severity
from approver.lint.rule import rule, rule_about_all
from approver.lint.subject import Estate, LintObject, Subject
from approver.model import IssuerRef
from approver.model.kinds import ISSUER
from approver.policy.conditions import AtLeast, AtMost
from approver.policy.wildcard import Wildcards
from approver.x509 import DEFAULT_USAGES


def _acme(constraints: str) -> str:
    return f"""\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {{name: web}}
spec:
  selector: {{issuerRef: {{name: letsencrypt, kind: ClusterIssuer}}}}
  allowed: {{dnsNames: {{values: ["*.example.com"]}}}}
  {constraints}
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {{name: letsencrypt}}
spec: {{acme: {{server: "https://acme.example.test/directory"}}}}
"""


_HOUR: Final = 3600 * 10**9


@rule(
    "CRP801",
    "needs-duration",
    Severity.INFO,
    "Certificates that do not state their duration are denied",
    why="cert-manager asks for no duration where spec.duration is not set, and what is not set is "
    "within no bounds. Certificates of Ingresses have none without the annotation "
    "cert-manager.io/duration. Tell it to those who write Certificates.",
    bad="selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: [a.test]\nmaxDuration: 24h\n",
    good='selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ["*.a.test"]\n',
)
def needs_duration(subject: Subject) -> Iterator[Hit]:
    """Find bounds."""
    for check in subject.policy.checks:
        if check.field.endswith("Duration") and isinstance(check.condition, AtLeast | AtMost):
            yield Hit(check.field, "denies every Certificate without spec.duration")
            return


@rule(
    "CRP802",
    "ingress-usages",
    Severity.INFO,
    "what an Ingress or a Gateway asks for is denied",
    why="For Ingresses and Gateways cert-manager asks for digital signature and key encipherment, "
    "whatever the annotations add.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed: {dnsNames: {values: ["*.example.com"]}, usages: [server auth]}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {values: ["*.example.com"]}
  usages: [digital signature, key encipherment, server auth]
""",
)
def ingress_usages(subject: Subject) -> Iterator[Hit]:
    """Find usages without the two that are always asked for."""
    for check in subject.policy.checks:
        if check.field in {"spec.allowed.usages", "spec.allowedUsages"}:
            permits = check.condition
            if isinstance(permits, Wildcards) and permits.texts != ("any",):
                missing = [usage for usage in DEFAULT_USAGES if not permits(usage)]
                if missing:
                    yield Hit(check.field, f"lacks {' and '.join(missing)}")


@rule(
    "CRP803",
    "under-an-hour",
    Severity.WARNING,
    "the longest duration is less than an hour",
    why="cert-manager accepts no Certificate of less than an hour, so none passes.",
    bad="selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: [a.test]\nmaxDuration: 30m\n",
    good="selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: [a.test]\nmaxDuration: 1h\n",
)
def under_an_hour(subject: Subject) -> Iterator[Hit]:
    """Find such a bound."""
    for check in subject.policy.checks:
        condition = check.condition
        too_short = isinstance(condition, AtMost) and condition.bound < _HOUR
        if check.field.endswith("maxDuration") and too_short:
            yield Hit(check.field, f"{check.rule} is less than the least of a Certificate, an hour")


@rule_about_all(
    "CRP804",
    "acme",
    Severity.INFO,
    "what an ACME issuer does not heed: a bound of durations, a common name that is no DNS name",
    why="An ACME server issues for as long as it likes, and cert-manager refuses a duration where "
    "the issuer does not enable it. The bound denies every Certificate without spec.duration, and "
    "limits nothing. A common name must be one of the DNS names. Looked for where the issuer is "
    "among the files.",
    bad=_acme("constraints: {maxDuration: 2160h}"),
    good=_acme("constraints: {privateKey: {algorithm: ECDSA}}"),
)
def acme(estate: Estate) -> Iterator[Hit]:
    """Find such bounds, and such names, in policies that permit requests to an ACME issuer."""
    issuers = [of for of in estate.issuers if isinstance(of.at("spec.acme"), Mapping)]
    for subject in estate.policies:
        for issuer in issuers:
            asked = Question(
                issuer=IssuerRef(issuer.name, issuer.kind, ISSUER.group),
                namespace=str(issuer.at("metadata.namespace") or "") or None,
            ).regions()
            hits = [*_bounded(subject, issuer, asked), *_named_alone(subject, issuer, asked)]
            yield from hits
            if hits:
                break


def _bounded(subject: Subject, issuer: LintObject, asked: Sequence[Region]) -> Iterator[Hit]:
    bounds = [
        check.field
        for check in subject.policy.checks
        if check.field.endswith("Duration") and isinstance(check.condition, AtLeast | AtMost)
    ]
    if bounds and (witness := subject.shown(*asked)):
        message = f"{issuer.kind} {issuer.name} is of ACME, and chooses durations itself"
        yield Hit(bounds[0], message, "leave it out", witness=witness, of=subject)


def _named_alone(subject: Subject, issuer: LintObject, asked: Sequence[Region]) -> Iterator[Hit]:
    if witness := subject.shown(*[region.meet(_NO_DNS_NAME) for region in asked]):
        path = "spec.allowed.commonName" if not subject.pattern_style else "spec.allowedCommonName"
        message = f"{issuer.kind} {issuer.name} is of ACME, and refuses a name that is no DNS name"
        yield Hit(path, message, "require a DNS name", witness=witness, of=subject)


_NO_DNS_NAME: Final = Region(
    {
        parts.COMMON_NAME: Texts(SOME_TEXT, EVERYTHING, (EVERYTHING,)),
        parts.DNS: Texts(VISIBLE, NONE),
    }
)
"""The requests that have a common name and no DNS name."""
