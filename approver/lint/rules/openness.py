"""CRP3xx: more is permitted than is usually meant, each shown by a request that was approved."""

from collections import ChainMap
from collections.abc import Iterator
from typing import Any, Final

from approver.lint.finding import Hit, Severity
from approver.lint.rule import rule
from approver.lint.subject import Subject
from approver.policy.wildcard import Wildcards


@rule(
    "CRP301",
    "usages-any",
    Severity.ERROR,
    'usages: [any] permits only the usage "any"',
    why='"any" is a usage of its own (anyExtendedKeyUsage), no pattern: asking for "server auth" '
    "is denied. In pattern style, leaving allowedUsages out permits every usage.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {values: ["*.example.com"]}
  usages: [any]
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {values: ["*.example.com"]}
  usages: [digital signature, key encipherment, server auth]
""",
)
def usages_any(subject: Subject) -> Iterator[Hit]:
    """Find a list of just `any`."""
    for path in ("spec.allowed.usages", "spec.allowedUsages"):
        if subject.at(path) == ["any"]:
            yield Hit(
                path,
                'permits only the usage "any"; a request for "server auth" is denied',
                "list the usages that you mean",
            )


@rule(
    "CRP302",
    "ca-permitted",
    Severity.WARNING,
    "a CA can be had",
    why="Whoever holds a CA signs what he likes, for any name that the CA may sign for: no policy "
    "sees those certificates. Permit it only to an issuer and a namespace that are meant for it, "
    "with name constraints.",
    bad="""\
selector: {issuerRef: {}}
allowed:
  commonName: {value: "*"}
  isCA: true
""",
    good="""\
selector: {issuerRef: {}}
allowed:
  commonName: {value: "*.example.com"}
""",
)
def ca_permitted(subject: Subject) -> Iterator[Hit]:
    """Find policies that set the field, or leave it open, and approve a CA."""
    stated = any(subject.at(f"spec.{name}") for name in ("allowed.isCA", "allowedIsCA"))
    if stated and (witness := subject.permits(is_ca=True)):
        path = "spec.allowed.isCA" if subject.at("spec.allowed.isCA") else "spec.allowedIsCA"
        yield Hit(path, "CA certificates are permitted", "leave it out", witness=witness)


@rule(
    "CRP303",
    "left-open",
    Severity.WARNING,
    "fields that a policy in pattern style leaves out, and so does not restrict",
    why="In pattern style a field that is left out permits all, in structured style nothing. A "
    "policy that says which DNS names are allowed, and no more, also permits a CA, client auth "
    "with the organization system:masters, and URIs of others.",
    bad="""\
selector: {namespace: {matchNames: [web]}}
allowedDNSNames: ["*.example.com"]
""",
    good="""\
selector: {namespace: {matchNames: [web]}}
allowedDNSNames: ["*.example.com"]
allowedCommonName: ""
allowedIPAddresses: []
allowedURIs: []
allowedEmailAddresses: []
allowedSubject: {allowedOrganizations: []}
allowedUsages: [digital signature, key encipherment, server auth]
allowedIsCA: false
""",
)
def left_open(subject: Subject) -> Iterator[Hit]:
    """Try one value that nobody means in each field that is left out."""
    names_bounded = any(subject.spec.get(name) is not None for name in _NAME_FIELDS)
    if not (subject.pattern_style and names_bounded):
        return
    left_out = {
        name: value for name, value in _UNMEANT.items() if subject.at(f"spec.{name}") is None
    }
    together = dict(ChainMap(*left_out.values()))
    if left_out and (witness := subject.permits(**together)):
        open_fields = dict.fromkeys(left_out, witness)  # one request shows all, as it mostly does
    else:
        tried = {name: subject.permits(**value) for name, value in left_out.items()}
        open_fields = {name: witness for name, witness in tried.items() if witness}
    if open_fields:
        first = next(iter(open_fields.values()))
        yield Hit(
            "spec",
            f"left out, and so open: {', '.join(open_fields)}",
            "write them down, as false, [] or ''",
            witness=first,
        )


@rule(
    "CRP304",
    "cn-open",
    Severity.WARNING,
    "DNS names are bounded, the common name is not",
    why="Some clients, and systems that map certificates to people, go by the common name. An open "
    "one undoes what the DNS names restrict.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  commonName: {value: "*"}
  dnsNames: {values: ["*.example.com"]}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  commonName: {value: "*.example.com"}
  dnsNames: {values: ["*.example.com"]}
""",
)
def cn_open(subject: Subject) -> Iterator[Hit]:
    """Try a name as common name that is not permitted as DNS name."""
    for dns in subject.patterns:
        if dns.kind != "allowed.dnsNames" or not dns.texts or Wildcards(dns.texts).match(_OTHER):
            continue
        path = "spec.allowed.commonName.value"
        path = path if subject.at(path) is not None else "spec.allowedCommonName"
        witness = subject.permits(cn=_OTHER) if subject.at(path) is not None else ""
        if witness:
            yield Hit(
                path,
                f'the common name "{_OTHER}" is permitted, which is no permitted DNS name',
                "bound it like the DNS names, or forbid it",
                witness=witness,
            )


@rule(
    "CRP305",
    "weak-key",
    Severity.INFO,
    "RSA keys of less than 2048 bits are permitted",
    why="Without constraints.privateKey.minSize (allowedPrivateKey.minSize) a request may bring an "
    "RSA key of 1024 bits, which no client should accept.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed: {dnsNames: {values: ["*.example.com"]}}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed: {dnsNames: {values: ["*.example.com"]}}
constraints: {privateKey: {algorithm: RSA, minSize: 2048}}
""",
)
def weak_key(subject: Subject) -> Iterator[Hit]:
    """Try an RSA key of 1024 bits."""
    if witness := subject.permits(keys=frozenset({("RSA", 1024)})):
        yield Hit("spec", "an RSA key of 1024 bits is permitted", witness=witness)


@rule(
    "CRP306",
    "no-max-duration",
    Severity.INFO,
    "no longest duration",
    why="Without a bound a tenant may ask for a hundred years. Mind that a bound denies every "
    "Certificate that does not state its duration (CRP801).",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed: {dnsNames: {values: ["*.example.com"]}}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed: {dnsNames: {values: ["*.example.com"]}}
constraints: {maxDuration: 2160h}
""",
)
def no_max_duration(subject: Subject) -> Iterator[Hit]:
    """Try a duration of a hundred years."""
    if witness := subject.permits(duration=(_HUNDRED_YEARS, _HUNDRED_YEARS)):
        yield Hit("spec", "a duration of 100 years is permitted", witness=witness)


@rule(
    "CRP307",
    "issuer-anywhere",
    Severity.INFO,
    "an Issuer is selected by its name in every namespace",
    why="An Issuer belongs to a namespace. Whoever may create one of that name elsewhere "
    "comes under this policy.",
    bad="""\
selector: {issuerRef: {name: ca, kind: Issuer}}
allowed: {dnsNames: {values: ["*.example.com"]}}
""",
    good="""\
selector: {issuerRef: {name: ca, kind: Issuer}, namespace: {matchNames: [web]}}
allowed: {dnsNames: {values: ["*.example.com"]}}
""",
)
def issuer_anywhere(subject: Subject) -> Iterator[Hit]:
    """Find Issuers by name without a namespace, where such a request is approved."""
    name, kind = (subject.at(f"spec.selector.issuerRef.{part}") for part in ("name", "kind"))
    named = isinstance(name, str) and name != "*" and kind == "Issuer"
    if not named or subject.at("spec.selector.namespace"):
        return
    if witness := subject.permits(namespace="any-namespace"):
        yield Hit(
            "spec.selector.issuerRef",
            f"an Issuer {name} of any namespace is selected",
            "add selector.namespace",
            witness=witness,
        )


@rule(
    "CRP309",
    "namespace-open",
    Severity.WARNING,
    "a pattern of namespaces that begins or ends within a word",
    why="*istio-system also selects evil-istio-system, and team-a* also selects team-abc: whoever "
    "may create namespaces picks a name that matches.",
    bad="""\
selector: {namespace: {matchNames: ["*istio-system"]}}
allowedDNSNames: ["*.example.com"]
""",
    good="""\
selector: {namespace: {matchNames: ["team-a", "team-a-*"]}}
allowedDNSNames: ["*.example.com"]
""",
)
def namespace_open(subject: Subject) -> Iterator[Hit]:
    """Find `*` beside a letter, and try another namespace."""
    names = subject.at("spec.selector.namespace.matchNames")
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(name, str) or len(name) < _SHORTEST:
            continue
        other = name
        if name.startswith("*") and name[1] not in "-*":
            other = f"evil-{name[1:]}"
        elif name.endswith("*") and name[-2] not in "-*":
            other = f"{name[:-1]}evil"
        if other != name and (witness := subject.permits(namespace=other)):
            yield Hit(
                f"spec.selector.namespace.matchNames[{index}]",
                f'"{name}" also selects the namespace "{other}"',
                witness=witness,
            )


@rule(
    "CRP310",
    "requester-open",
    Severity.ERROR,
    "selector.requester matches everybody",
    why="selector.requester takes the place of RBAC: it is the lock. A pattern such as * or the "
    "group system:authenticated opens it for every account of the cluster.",
    bad="""\
selector: {namespace: {matchNames: [web]}, requester: {groups: ["system:authenticated"]}}
allowedDNSNames: ["*.example.com"]
""",
    good="""\
selector:
  namespace: {matchNames: [web]}
  requester: {serviceAccounts: [{namespace: web, name: deployer}]}
allowedDNSNames: ["*.example.com"]
""",
)
def requester_open(subject: Subject) -> Iterator[Hit]:
    """Try somebody whom nobody knows."""
    if subject.at("spec.selector.requester") is None:
        return
    stranger = "system:serviceaccount:any-namespace:any-name"
    if witness := subject.permits(user=stranger):
        yield Hit("spec.selector.requester", "matches every service account", witness=witness)


@rule(
    "CRP312",
    "system-masters",
    Severity.WARNING,
    "the organization system:masters is permitted",
    why="Where the API server trusts the CA for clients, a certificate with client auth and this "
    "organization is a cluster administrator's.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  commonName: {value: "*"}
  subject: {organizations: {values: ["*"]}}
  usages: [client auth]
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  commonName: {value: "*.example.com"}
  subject: {organizations: {values: [Example Corp]}}
  usages: [client auth]
""",
)
def system_masters(subject: Subject) -> Iterator[Hit]:
    """Try it, with client auth, where the policy says something of organizations."""
    paths = ("spec.allowed.subject.organizations", "spec.allowedSubject.allowedOrganizations")
    for path in paths:
        if subject.at(path) is not None:
            witness = subject.permits(organization="system:masters", usage="client auth")
            if witness:
                yield Hit(path, "permits system:masters with client auth", witness=witness)


@rule(
    "CRP314",
    "audit-left",
    Severity.INFO,
    "the policy only audits",
    why="In mode Audit a policy decides nothing. It is for trials, which are forgotten.",
    bad="mode: Audit\nselector: {namespace: {matchNames: [web]}}\nmaxDuration: 24h\n",
    good="selector: {namespace: {matchNames: [web]}}\nmaxDuration: 24h\n",
)
def audit_left(subject: Subject) -> Iterator[Hit]:
    """Find the mode."""
    if subject.at("spec.mode") == "Audit":
        yield Hit("spec.mode", "the policy decides nothing: it only audits")


_OTHER: Final = "somebody.else.test"
_SHORTEST: Final = 3
_HUNDRED_YEARS: Final = 876_000 * 3600 * 10**9
_NAME_FIELDS: Final = (
    "allowedDNSNames",
    "allowedCommonName",
    "allowedURIs",
    "allowedIPAddresses",
    "allowedEmailAddresses",
)
_UNMEANT: Final[dict[str, dict[str, Any]]] = {
    "allowedIsCA": {"is_ca": True},
    "allowedDNSNames": {"dns": _OTHER},
    "allowedIPAddresses": {"ip": "192.0.2.1"},
    "allowedURIs": {"uri": "spiffe://else.test/ns/x"},
    "allowedEmailAddresses": {"email": "somebody@else.test"},
    "allowedCommonName": {"cn": _OTHER},
    "allowedSubject": {"organization": "system:masters"},
    "allowedUsages": {"usage": "code signing"},
}
