"""The errors that public policies have, in our own words: each is found by its rule.

They come from blogs, charts, vendors' manuals, and the documentation of the reference itself.
"""

import pytest

from tests.lint.linted import findings, ids

CA = "selector: {issuerRef: {name: ca, kind: ClusterIssuer}}\n"
NAMESPACES = 'namespace: {matchNames: ["*istio-system"]}'
WEB = CA + 'allowed:\n  dnsNames: {values: ["*.web.example.com"]}\n'
RULE = CA + "allowed:\n  dnsNames:\n    required: true\n    validations:\n      - rule: "

ERRORS = {
    "a hard cap in a field of its own": ("CRP101", WEB + "  duration: {max: 48h}\n"),
    "a key's size among what is allowed": ("CRP101", WEB + "  privateKey: {minSize: 2048}\n"),
    "namespaces beside the selector": (
        "CRP101",
        WEB + "namespaceSelector: {matchLabels: {team: web}}\n",
    ),
    "expressions outside of the namespace": (
        "CRP101",
        CA.replace("{issuerRef", "{matchExpressions: [{key: a, operator: Exists}], issuerRef")
        + "allowed: {commonName: {value: a}}\n",
    ),
    "an issuer at the top": ("CRP101", WEB + "issuerRef: {name: ca}\n"),
    "a key as Java calls it": (
        "CRP102",
        WEB + "constraints: {privateKey: {algorithm: EC, minSize: 256}}\n",
    ),
    "required, and no value": ("CRP102", CA + "allowed: {commonName: {required: true}}\n"),
    "anything goes": ("CRP301", WEB + "  usages: [any]\n"),
    "a template that nothing renders": (
        "CRP203",
        CA + 'allowed: {dnsNames: {values: ["*.{{ .Request.Namespace }}"]}}\n',
    ),
    "a variable of Flux": ("CRP203", CA + 'allowed: {dnsNames: {values: ["*.${domain}"]}}\n'),
    "a star with a backslash": (
        "CRP202",
        CA + "allowed: {dnsNames: {values: ['\\*.web.example.com']}}\n",
    ),
    "an expression for names": (
        "CRP202",
        CA + "allowed: {dnsNames: {values: ['^[a-z]+.web.example.com$']}}\n",
    ),
    "no name at all": ("CRP502", CA + "allowed: {usages: [client auth], isCA: false}\n"),
    "a rule that begins with a tag": ("CRP002", RULE + "!self.startsWith('*')\n"),
    "an escape that CEL does not have": ("CRP104", RULE + "self.matches('^api\\d+\\.svc$')\n"),
    "a plugin": (
        "CRP103",
        WEB + 'plugins: {rego: {values: {policy: "package x"}}}\n',
    ),
    "a namespace's names without a dot": (
        "CRP402",
        RULE + "self.endsWith(cr.namespace + '.svc.cluster.local')\n",
    ),
    "the same over the whole request": (
        "CRP402",
        WEB
        + "rules: [{rule: \"request.dnsNames.all(n, n.endsWith(request.namespace + '.svc'))\"}]\n",
    ),
    "a namespace before everything else": (
        "CRP402",
        CA
        + "allowed:\n  uris:\n    validations:\n"
        + "      - rule: self.startsWith('spiffe://td/ns/' + cr.namespace)\n",
    ),
    "an address by half an expression": ("CRP403", RULE + "self.matches('[0-9.]+')\n"),
    "who names the request decides": ("CRP404", RULE + "cr.name.startsWith('web')\n"),
    "a postal code": ("CRP003", WEB + "  subject: {postalCodes: {values: [8001]}}\n"),
    "the wider pattern beside the narrower": (
        "CRP207",
        CA + 'allowed: {dnsNames: {values: ["*.svc.cluster.local", "*.svc", "*"]}}\n',
    ),
    "a network for addresses": (
        "CRP206",
        CA + 'allowed: {ipAddresses: {values: ["10.0.0.0/8"]}}\n',
    ),
    "a domain without its dot": (
        "CRP201",
        CA + 'allowed: {dnsNames: {values: ["*example.com"]}}\n',
    ),
    "a CA from everywhere": (
        "CRP302",
        'selector: {issuerRef: {}}\nallowed: {commonName: {value: "*"}, isCA: true}\n',
    ),
    "namespaces that end alike": (
        "CRP309",
        CA.replace("issuerRef: {name: ca, kind: ClusterIssuer}", NAMESPACES)
        + 'allowed: {uris: {values: ["spiffe://td/*"]}}\n',
    ),
    "Services of every namespace": (
        "CRP313",
        CA + 'allowed: {dnsNames: {values: ["*.svc", "*.svc.cluster.local"]}}\n',
    ),
    "workloads of every namespace": (
        "CRP313",
        CA + 'allowed: {uris: {values: ["spiffe://td/ns/*/sa/default"]}}\n',
    ),
    "a rule that says what the values say": (
        "CRP407",
        CA
        + 'allowed:\n  dnsNames:\n    values: ["*.pay.example.com"]\n    validations:\n'
        + "      - rule: self.endsWith('.pay.example.com')\n",
    ),
    "a rule that nothing satisfies": (
        "CRP408",
        CA
        + 'allowed:\n  dnsNames:\n    values: ["*.pay.example.com"]\n    validations:\n'
        + "      - rule: self.startsWith('pay.') && !self.contains('.pay.')\n",
    ),
    "an issuer that can be anybody's": ("CRP308", WEB),
    "logon names": (
        "CRP311",
        CA + 'allowed:\n  otherNames: [{oid: 1.3.6.1.4.1.311.20.2.3, values: ["*"]}]\n'
        "  usages: [client auth]\n",
    ),
}

CLEAN = {
    "a web server": WEB + "  usages: [digital signature, key encipherment, server auth]\n",
    "a bound on lifetimes": WEB + "constraints: {maxDuration: 2160h, minDuration: 1h}\n",
    "a strong key": WEB + "constraints: {privateKey: {algorithm: RSA, minSize: 3072}}\n",
    "names of the namespace": RULE + "self.endsWith('.' + cr.namespace + '.svc')\n",
    "identities of the namespace": CA
    + "allowed:\n  uris:\n    validations:\n"
    + "      - rule: self.startsWith('spiffe://td/ns/' + cr.namespace + '/sa/')\n",
    "whole values": RULE + "self.matches(r'^api\\d+\\.web\\.example\\.com$')\n",
    "organizations of all sorts": WEB
    + '  subject: {organizations: {values: ["Example (Web) [Corp] $ Co.*"]}}\n',
    "usages of TLS": CA
    + 'allowed: {commonName: {value: "*.example.com"}, usages: [client auth, server auth]}\n',
    "Services of the namespace's own": CA
    + "allowed:\n  dnsNames:\n    values: ['*.svc']\n    validations:\n"
    + "      - rule: self.endsWith('.' + cr.namespace + '.svc')\n",
    "workloads of one namespace": "selector: {namespace: {matchNames: [web]}}\n"
    'allowed: {uris: {values: ["spiffe://td/ns/*/sa/default"]}}\n',
    "an address": CA + "allowed: {ipAddresses: {values: [10.0.0.1, 2001:db8::1, 10.1.*]}}\n",
    "mail": CA + 'allowed: {emailAddresses: {values: ["*@example.com"]}}\n',
    "labels": "selector: {namespace: {matchLabels: {pki.example.com/tier: gold}}}\n"
    "allowed: {dnsNames: {values: [a.example.com]}}\n",
    "who may use it": "selector:\n  issuerRef: {name: ca}\n"
    "  requester: {serviceAccounts: [{namespace: web, name: deployer}]}\n"
    "allowed: {dnsNames: {values: [a.example.com]}}\n",
    "all that pattern style has": CA
    + 'allowedDNSNames: ["*.web.example.com"]\nallowedCommonName: ""\nallowedIPAddresses: []\n'
    "allowedURIs: []\nallowedEmailAddresses: []\nallowedIsCA: false\n"
    "allowedSubject: {allowedOrganizations: []}\nallowedUsages: [server auth]\nmaxDuration: 24h\n",
    "a rule over the whole": WEB
    + "rules: [{rule: \"request.commonName == '' || request.commonName in request.dnsNames\"}]\n",
}
FAILING = {"warning", "error"}


@pytest.mark.parametrize(("rule", "text"), ERRORS.values(), ids=ERRORS)
def test_the_rule_that_names_it_finds_it(rule: str, text: str) -> None:
    assert rule in ids(text)


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_nothing_is_found_in_what_is_clean(text: str) -> None:
    found = [each for each in findings(text) if each.severity.word in FAILING]
    assert [(each.rule.id, each.hit.message) for each in found] == []
