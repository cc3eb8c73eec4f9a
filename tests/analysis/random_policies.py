"""Policies and requests at random, near each other, so that answers can be held against them."""

import random
from collections.abc import Sequence
from typing import Any

from approver.analysis import parts
from approver.analysis.domains import Choices, Texts
from approver.analysis.parts import KEYS, PARTS
from approver.policy import Policy
from approver.x509 import USAGES

LABELS = ("a", "b", "ab")
TEXTS = ("a.b", "*.b", "a*", "*", "ab.b", "a.*.b", "b")
WORDS = ("a", "b", "ab", "a*", "*b", "*")
DURATIONS = ("1h", "24h", "720h")


def policy(rng: random.Random, name: str = "p") -> Policy:
    """Make a policy of either style."""
    spec = pattern_spec(rng) if rng.random() < 0.5 else structured_spec(rng)
    obj = {"metadata": {"name": name}, "spec": spec}
    return Policy.read(obj)


def selector(rng: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"namespace": {}}
    if rng.random() < 0.5:
        found["namespace"]["matchNames"] = some(rng, WORDS)
    if rng.random() < 0.2:
        found["namespace"]["matchLabels"] = {rng.choice(LABELS): rng.choice(LABELS)}
    if rng.random() < 0.2:
        operator = rng.choice(["In", "NotIn", "Exists", "DoesNotExist"])
        values = {"values": some(rng, LABELS)} if operator.endswith("In") else {}
        found["namespace"]["matchExpressions"] = [
            {"key": rng.choice(LABELS), "operator": operator, **values}
        ]
    if rng.random() < 0.4:
        found["issuerRef"] = {"name": rng.choice(WORDS), "kind": rng.choice(["Issuer", "*"])}
    if rng.random() < 0.2:
        found["issuerRefs"] = [{"name": text} for text in some(rng, WORDS)]
    if rng.random() < 0.3:
        found["requester"] = rng.choice(
            [
                {"usernames": some(rng, WORDS)},
                {"groups": some(rng, WORDS)},
                {"serviceAccounts": [{"namespace": rng.choice(WORDS), "name": "a"}]},
            ]
        )
    return found


def pattern_spec(rng: random.Random) -> dict[str, Any]:
    spec: dict[str, Any] = {"selector": selector(rng), "allowedIsCA": rng.random() < 0.3}
    for name in ("allowedDNSNames", "allowedURIs", "allowedEmailAddresses"):
        if rng.random() < 0.4:
            spec[name] = some(rng, TEXTS, least=0)
    if rng.random() < 0.3:
        spec["allowedIPAddresses"] = some(rng, ("10.*", "10.0.0.1", "*", "2001:db8::*"))
    if rng.random() < 0.4:
        spec["allowedCommonName"] = rng.choice(["", *TEXTS])
    if rng.random() < 0.3:
        spec["allowedUsages"] = some(rng, ("server auth", "client auth", "*", "key*", "d*"))
    if rng.random() < 0.3:
        spec["allowedSubject"] = {"allowedOrganizations": some(rng, TEXTS, least=0)}
    if rng.random() < 0.2:
        spec["allowedIssuer"] = [{"name": text, "kind": "*"} for text in some(rng, WORDS)]
    spec |= bounds(rng)
    if rng.random() < 0.3:
        spec["allowedPrivateKey"] = key(rng, "allowedAlgorithm")
    return spec


def structured_spec(rng: random.Random) -> dict[str, Any]:
    allowed: dict[str, Any] = {"isCA": rng.random() < 0.3}
    for name in ("dnsNames", "uris", "emailAddresses"):
        if rng.random() < 0.5:
            allowed[name] = listed(rng)
    if rng.random() < 0.4:
        allowed["commonName"] = {"value": rng.choice(TEXTS), "required": rng.random() < 0.3}
    if rng.random() < 0.5:
        allowed["usages"] = some(rng, sorted(USAGES), least=0)
    if rng.random() < 0.3:
        allowed["subject"] = {"organizations": listed(rng)}
    if rng.random() < 0.3:
        allowed.setdefault("subject", {})["otherAttributes"] = [{"oid": "2.5.4.42", **listed(rng)}]
    if rng.random() < 0.3:
        allowed["otherNames"] = [{"oid": "1.2.3", **listed(rng)}]
    if rng.random() < 0.3:
        allowed["extensions"] = [{"oid": "1.2.3.4"}]
    constraints: dict[str, Any] = bounds(rng)
    if rng.random() < 0.3:
        constraints["privateKey"] = key(rng, "algorithm")
    return {"selector": selector(rng), "allowed": allowed, "constraints": constraints}


def listed(rng: random.Random) -> dict[str, Any]:
    return {"values": some(rng, TEXTS), "required": rng.random() < 0.3}


def bounds(rng: random.Random) -> dict[str, Any]:
    found = {}
    if rng.random() < 0.3:
        found["maxDuration"] = rng.choice(DURATIONS)
    if rng.random() < 0.2:
        found["minDuration"] = "1h"
    return found


def key(rng: random.Random, algorithm: str) -> dict[str, Any]:
    name = rng.choice(["RSA", "ECDSA"])
    return {algorithm: name} | ({"minSize": rng.choice([256, 2048])} if rng.random() < 0.5 else {})


def some(rng: random.Random, choices: Sequence[str], least: int = 1) -> list[str]:
    return rng.sample(list(choices), rng.randint(least, min(3, len(choices))))


def parts_of_a_request(rng: random.Random) -> dict[str, Any]:
    """Choose each part of a request, from few values, so that many are permitted."""
    user = rng.choice(["a", "ab", "system:serviceaccount:a:a", "system:serviceaccount:b:a"])
    chosen: dict[str, Any] = {
        name: [] for name, whole in PARTS.items() if isinstance(whole, Texts | Choices)
    }
    texts = ("a.b", "ab.b", "b", "x", "a.a.b")
    for name in (parts.DNS, parts.URIS, parts.EMAILS, parts.COMMON_NAME):
        if rng.random() < 0.3:
            chosen[name] = some(rng, texts)[: 1 if name == parts.COMMON_NAME else 2]
    if rng.random() < 0.2:
        chosen["allowed.subject.organizations"] = some(rng, texts)
    if rng.random() < 0.2:
        chosen[parts.IPS] = some(rng, ("10.0.0.1", "10.1.0.0", "2001:db8::1"))
    if rng.random() < 0.3:
        chosen[parts.ALL_USAGES] = some(rng, sorted(USAGES))
    if rng.random() < 0.1:
        chosen[parts.OTHER_ATTRIBUTES] = ["2.5.4.42=a.b"]
    if rng.random() < 0.1:
        chosen[parts.OTHER_NAMES] = [rng.choice(["1.2.3=a.b", "1.2.4=b"])]
    if rng.random() < 0.1:
        chosen[parts.EXTENSIONS] = ["1.2.3.4=1.2.3.4"]
    hour = 3600 * 10**9
    return chosen | {
        parts.NAMESPACE: rng.choice(["a", "b", "ab"]),
        parts.LABELS: {rng.choice(LABELS): rng.choice(LABELS)} if rng.random() < 0.7 else {},
        parts.ISSUER_NAME: rng.choice(["a", "b", "ab"]),
        parts.ISSUER_KIND: rng.choice(["Issuer", "ClusterIssuer"]),
        parts.ISSUER_GROUP: "cert-manager.io",
        parts.USERNAME: user,
        parts.GROUPS: some(rng, ("a", "b", "ab")),
        parts.IS_CA: rng.random() < 0.2,
        parts.DURATION: rng.choice([None, hour, 24 * hour, 721 * hour]),
        parts.KEY: rng.choice(sorted(KEYS)),
    }
