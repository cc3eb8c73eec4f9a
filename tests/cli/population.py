"""A cluster full of policies, roles and requests, made at random from a seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.controlplane.identities import TENANTS, Identity
from tests.controlplane.manifests import (
    Manifest,
    certificate_request,
    everything,
    grant,
    namespace,
    use,
)
from tests.controlplane.pki import signing_request
from tests.examples import policy_manifest
from tests.vectors import load

PREFIX: Final = "population"
NAMESPACES: Final = tuple(f"{PREFIX}-{number}" for number in range(4))
ISSUERS: Final = ("ca", "prod", "yes")  # the last is a text that YAML would take for a truth value
_LABELS: Final[tuple[dict[str, str], ...]] = (
    {"team": "a"},
    {"team": "b", "tier": "1"},
    {"team": "yes"},
    {},
)
_RBAC: Final = "rbac.authorization.k8s.io"
# Texts that some reader of YAML takes for something else.
_TEXTS: Final = ("=", "0b_", "0x_", "1_0", "1:30", "2026-01-01", "<<", "~", "!x", "012", "*", "{{")


@dataclass(frozen=True, slots=True)
class Asking:
    """A request, and who makes it."""

    by: Identity
    manifest: Manifest


class Population:
    """Policies, namespaces, roles with bindings, and requests; the same for the same seed."""

    def __init__(self, seed: int, *, policies: int, requests: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - a run can be repeated
        self.namespaces = [
            namespace(name, **labels) for name, labels in zip(NAMESPACES, _LABELS, strict=True)
        ]
        self.policies = [self._policy(f"{PREFIX}-{number:02}") for number in range(policies)]
        self.names = [policy["metadata"]["name"] for policy in self.policies]
        self.audits = {
            policy["metadata"]["name"]
            for policy in self.policies
            if policy["spec"].get("mode") == "Audit"
        }
        self.access = [*self._permissions_to_ask(), *self._roles()]
        self.requests = [
            *(self._request(f"generated-{number:03}") for number in range(requests)),
            *self._hostile_requests(),
        ]

    def _policy(self, name: str) -> Manifest:
        make = self._rng.choice((self._structured, self._structured, self._pattern))
        spec = make() | {"selector": self._selector()}
        if self._rng.random() < 0.15:
            spec["mode"] = "Audit"
        if self._rng.random() < 0.3:
            spec["rules"] = [{"rule": self._rng.choice(_RULES), "message": "rule: 'no' # 1"}]
        if self._rng.random() < 0.1:
            # Not ready, where few ask, or else most requests would wait for it.
            spec["rules"] = [{"rule": "request.noSuchField == 1"}]
            spec["selector"] = {"issuerRef": {"name": "prod"}}
            spec["selector"]["namespace"] = {"matchNames": ["*-3"]}
        return policy_manifest(name, **spec)

    def _structured(self) -> dict[str, Any]:
        rng = self._rng
        allowed: dict[str, Any] = {"dnsNames": {"values": self._patterns()}}
        if rng.random() < 0.7:
            allowed["commonName"] = {"value": "*", "required": rng.random() < 0.2}
        if rng.random() < 0.7:
            allowed["usages"] = ["server auth", "client auth", "digital signature"]
        if rng.random() < 0.3:
            allowed["isCA"] = True
        if rng.random() < 0.5:
            allowed["subject"] = {"organizations": {"values": ["Acme", *rng.sample(_TEXTS, 3)]}}
        if rng.random() < 0.3:
            rule = "self.endsWith('.com') && size(cr.namespace) > 3 && cr.username != 'bob'"
            allowed["dnsNames"]["validations"] = [{"rule": rule, "message": "yes: no"}]
        constraints = [
            {},
            {"maxDuration": "24h"},
            {"privateKey": {"algorithm": "ECDSA", "minSize": 256}},
        ]
        return {"allowed": allowed, "constraints": rng.choice(constraints)}

    def _pattern(self) -> dict[str, Any]:
        rng = self._rng
        spec: dict[str, Any] = {"allowedDNSNames": self._patterns()}
        if rng.random() < 0.5:
            spec["maxDuration"] = "48h"
        if rng.random() < 0.5:
            spec["allowedIsCA"] = False
        if rng.random() < 0.3:
            spec["allowedIssuer"] = [{"name": rng.choice(ISSUERS)}]
        if rng.random() < 0.3:
            spec["allowedSubject"] = {"allowedOrganizations": ["Acme", "*"]}
        return spec

    def _patterns(self) -> list[str]:
        return self._rng.sample(("*.example.com", "*", "a.*", "*.test", *_TEXTS), 3)

    def _selector(self) -> dict[str, Any]:
        rng = self._rng
        selector: dict[str, Any] = {}
        if rng.random() < 0.3:
            selector["issuerRef"] = {"name": rng.choice((*ISSUERS, "*")), "kind": "*Issuer"}
        if rng.random() < 0.2:
            selector["issuerRefs"] = [{"name": "p*"}, {"name": "yes", "kind": "ClusterIssuer"}]
        where = [
            {},
            {"matchNames": ["*-1", "*-2"]},
            {"matchLabels": {"team": rng.choice(("a", "yes"))}},
            {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACES[3]}},
            {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]},
            {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["b", "c"]}]},
        ]
        selector["namespace"] = rng.choice(where)
        if rng.random() < 0.15:
            people = [
                {"usernames": ["ali*", "="]},
                {"groups": ["team-b"]},
                {"serviceAccounts": [{"namespace": "team-*", "name": "builder"}]},
            ]
            selector["requester"] = rng.choice(people)
        return selector

    def _permissions_to_ask(self) -> Iterator[Manifest]:
        for name in NAMESPACES:
            rule = everything("cert-manager.io")
            yield from grant("ask", rule, *TENANTS, namespace=name)

    def _roles(self) -> Iterator[Manifest]:
        """Give every form in which RBAC lets somebody use a policy, or seems to."""
        rng = self._rng
        for number in range(40):
            kind, home = rng.choice(
                (("Role", rng.choice(NAMESPACES)), ("ClusterRole", None), ("ClusterRole", None))
            )
            name = f"{PREFIX}-role-{number:02}"
            role = _rbac(kind, name, home) | {"rules": self._rules()}
            if kind == "ClusterRole" and rng.random() < 0.3:
                # Nothing here aggregates, so its rules are those of a controller that has.
                role["aggregationRule"] = {
                    "clusterRoleSelectors": [{"matchLabels": {"aggregate": "yes"}}]
                }
            if rng.random() < 0.9:
                yield role
            scope = home or rng.choice((*NAMESPACES, None))
            binding = _rbac("RoleBinding" if scope else "ClusterRoleBinding", name, scope)
            binding["roleRef"] = {"apiGroup": _RBAC, "kind": kind, "name": name}
            yield binding | {"subjects": rng.sample(_SUBJECTS, rng.randrange(3))}

    def _rules(self) -> list[Manifest]:
        rng = self._rng
        some = rng.sample(self.names, min(6, len(self.names)))
        forms = (
            use(*some),
            use(*some),
            use(*some[:1], "*", "no-such-policy"),
            use(*some) | {"verbs": ["*"]},
            use(*some) | {"apiGroups": ["*"], "resources": ["*"]},
            use(*some) | {"verbs": ["get", "Use"]},
            use(*some) | {"resources": ["certificaterequestpolicies/status", "*/status"]},
            use(*some) | {"apiGroups": ["cert-manager.io"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
        )
        return rng.sample(forms, rng.choice((1, 1, 2)))

    def _request(self, name: str) -> Asking:
        rng = self._rng
        label = rng.choice(("a", "web", "x"))
        domain = rng.choice(("example.com", "example.com", "test", "internal"))
        csr = signing_request(
            rng.choice(("", "", f"{label}.{domain}")),
            f"DNS:{label}.{domain}",
            *rng.choice(((), (), ("IP:10.0.0.1",), (f"DNS:b.{domain}",))),
            organizations=rng.choice(((), (), ("Acme",), (rng.choice(_TEXTS),))),
        )
        spec: dict[str, Any] = {
            "issuerRef": {
                "name": rng.choice(ISSUERS),
                "kind": rng.choice(("Issuer", "Issuer", "ClusterIssuer")),
                "group": "cert-manager.io",
            }
        }
        if rng.random() < 0.7:
            spec["duration"] = rng.choice(("1h", "24h", "47h59m", "720h"))
        if rng.random() < 0.5:
            spec["usages"] = rng.sample(("server auth", "client auth", "digital signature"), 2)
        if rng.random() < 0.1:
            spec["isCA"] = True
        return self._asking(certificate_request(name, rng.choice(NAMESPACES), csr, **spec))

    def _hostile_requests(self) -> Iterator[Asking]:
        """Give requests that deceive, of those that cert-manager's webhook lets in."""
        for case in [case for case in load("hostile") if case["signable"]][::5]:
            given = case["request"]["spec"]
            kept = ("request", "usages", "isCA", "duration")
            spec = {name: given[name] for name in kept if name in given}
            home = self._rng.choice(NAMESPACES)
            yield self._asking(certificate_request(f"hostile-{case['id']}", home, "", **spec))

    def _asking(self, manifest: Manifest) -> Asking:
        annotations = {"cert-manager.io/note": f"yes: {self._rng.choice(_TEXTS)}"}
        manifest["metadata"]["annotations"] = annotations
        return Asking(self._rng.choice(TENANTS), manifest)


def _rbac(kind: str, name: str, home: str | None) -> Manifest:
    metadata = {"name": name} | ({"namespace": home} if home else {})
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": metadata}


_RULES: Final = (
    "request.username != 'carol'",
    "size(request.dnsNames) < 2",
    "request.namespaceLabels['team'] == 'yes'",  # fails where there is no such label
    "request.annotations['cert-manager.io/note'] != 'yes: ='",
    "'system:authenticated' in request.groups",
    "request.duration <= duration('24h')",
)
_SUBJECTS: Final = (
    *({"apiGroup": _RBAC, "kind": "User", "name": name} for name in ("alice", "carol", "=")),
    *(
        {"apiGroup": _RBAC, "kind": "Group", "name": name}
        for name in ("team-a", "deployers", "system:serviceaccounts:team-b", "0x_")
    ),
    {"apiGroup": _RBAC, "kind": "Group", "name": "system:authenticated"},
    {"kind": "ServiceAccount", "name": "builder", "namespace": "team-a"},
    {"kind": "ServiceAccount", "name": "builder", "namespace": NAMESPACES[0]},
    {"apiGroup": _RBAC, "kind": "User", "name": "system:serviceaccount:team-b:builder"},
)
