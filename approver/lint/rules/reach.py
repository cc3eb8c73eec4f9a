"""CRP3xx: whom a policy reaches beyond those who are meant, by questions over all requests."""

import re
from collections.abc import Iterator
from typing import Final

from approver.analysis import Question, Region, parts, selected
from approver.analysis.alphabet import ANY_TEXT
from approver.analysis.domains import Choices, Text, Texts
from approver.analysis.language import EVERYTHING
from approver.analysis.language import of as language_of
from approver.lint.finding import Hit, Severity
from approver.lint.rule import rule
from approver.lint.subject import Subject
from approver.model import IssuerRef
from approver.x509 import USAGES

_LOOK_ALIKE: Final = "look-alike.example.test"
_LOGON_NAME: Final = "1.3.6.1.4.1.311.20.2.3"  # a user principal name
_OTHER: Final = "other-namespace"
# A namespace that is any: /ns/* in a SPIFFE URI, NAME.*.svc in a DNS name.
_ANY_IN_URI: Final = re.compile(r"(?<=/ns/)\*(?=/|$)")
_ANY_IN_NAME: Final = re.compile(r"^(?:\*\.)?\*(?=\.svc(?:$|\.))")


@rule(
    "CRP308",
    "issuer-any-group",
    Severity.INFO,
    "an issuer is selected by kind and name, whatever its group",
    why="External issuers have groups of their own, and kinds and names that they choose. One that "
    "is called like yours comes under this policy.",
    bad="""\
selector: {issuerRef: {name: ca, kind: ClusterIssuer}}
allowed: {dnsNames: {values: ["*.example.com"]}}
""",
    good="""\
selector: {issuerRef: {name: ca, kind: ClusterIssuer, group: cert-manager.io}}
allowed: {dnsNames: {values: ["*.example.com"]}}
""",
)
def issuer_any_group(subject: Subject) -> Iterator[Hit]:
    """Ask of an issuer of that kind and name, and another group."""
    path = "spec.selector.issuerRef"
    name, kind, group = (subject.at(f"{path}.{part}") for part in ("name", "kind", "group"))
    if not (isinstance(name, str) and isinstance(kind, str)) or group is not None:
        return
    if "*" in kind:
        return
    issuer = IssuerRef(name.replace("*", "x"), kind, _LOOK_ALIKE)
    if witness := subject.shown(*Question(issuer=issuer).regions()):
        yield Hit(
            path,
            f"{kind} {name} of any group is selected",
            "add group: cert-manager.io",
            witness=witness,
        )


@rule(
    "CRP311",
    "smartcard-logon",
    Severity.WARNING,
    "anybody's logon name is permitted in a certificate for clients",
    why="Windows takes the user principal name (otherName 1.3.6.1.4.1.311.20.2.3) for who somebody "
    "is. Where the CA is trusted for logon, such a certificate is any user of the domain.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  otherNames: [{oid: 1.3.6.1.4.1.311.20.2.3, values: ["*"]}]
  usages: [client auth]
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  otherNames: [{oid: 1.3.6.1.4.1.311.20.2.3, values: ["*@web.example.com"]}]
  usages: [client auth]
""",
)
def smartcard_logon(subject: Subject) -> Iterator[Hit]:
    """Ask of a stranger's logon name, with client auth."""
    named = (language_of(f"{_LOGON_NAME}=administrator@else.test"),)
    wanted = frozenset({"client auth"})
    asked = Region(
        {
            parts.OTHER_NAMES: Texts(ANY_TEXT, EVERYTHING, named),
            parts.ALL_USAGES: Choices(frozenset(USAGES), (wanted,), empty=False),
        }
    )
    if subject.at("spec.allowed.otherNames") and (witness := subject.shown(asked)):
        yield Hit(
            "spec.allowed.otherNames",
            "the logon name administrator@else.test is permitted, with client auth",
            "bound the values",
            witness=witness,
        )


@rule(
    "CRP313",
    "impersonates-namespace",
    Severity.WARNING,
    "a namespace can have the names of another",
    why="A SPIFFE ID, or the name of a Service, says of which namespace somebody is. A pattern "
    "with * in that place permits every namespace the names of all others. Compare with the "
    "namespace that asks, in a rule.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed: {uris: {values: ["spiffe://td/ns/*/sa/*"]}}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  uris:
    validations:
      - rule: self.startsWith('spiffe://td/ns/' + cr.namespace + '/sa/')
        message: a service account of the namespace
""",
)
def impersonates_namespace(subject: Subject) -> Iterator[Hit]:
    """Ask, from one namespace of several, for a name of another."""
    own = _one_of_several(subject)
    if own is None:
        return
    for path, value, question in _of_another(subject, own):
        if witness := subject.shown(*question.regions()):
            yield Hit(
                path,
                f'the namespace "{own}" can have "{value}"',
                "compare with cr.namespace in a rule",
                witness=witness,
            )


def _of_another(subject: Subject, own: str) -> Iterator[tuple[str, str, Question]]:
    """Yield names of another namespace, each with the place of the pattern that permits it."""
    for patterns in subject.patterns:
        for path, text in patterns:
            if patterns.kind == "allowed.uris" and _ANY_IN_URI.search(text):
                value = _ANY_IN_URI.sub(_OTHER, text, count=1).replace("*", "x")
                yield path, value, Question(namespace=own, uri=value)
            elif patterns.kind == "allowed.dnsNames" and _ANY_IN_NAME.search(text):
                value = _ANY_IN_NAME.sub(f"db.{_OTHER}", text, count=1).replace("*", "x")
                yield path, value, Question(namespace=own, dns=value)


def _one_of_several(subject: Subject) -> str | None:
    """Return a namespace that is selected, None if no other one is."""
    for region in selected(subject.policy) if subject.policy.ready else ():
        domain = region.domains.get(parts.NAMESPACE, parts.PARTS[parts.NAMESPACE])
        example = domain.example()
        if example and isinstance(domain, Text):
            only = Text(domain.alphabet, language_of(example[0]))
            if any(rest.example() is not None for rest in domain.minus(only)):
                return str(example[0])
    return None
