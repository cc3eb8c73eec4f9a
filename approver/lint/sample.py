"""Requests that a policy approves: the witnesses of findings.

A request is made of what the policy's own checks say, with one thing changed, and put through the
very review that decides. What is approved there is a witness. There may be one that is not found
here, so no conclusion is drawn from a failure.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

import msgspec

from approver.issuance import DirectRequest
from approver.model import InvalidObjectError, format_duration
from approver.policy import Policy
from approver.policy.conditions import AtLeast, AtMost, Never, OneOf
from approver.policy.fields.issuers import AnyIssuer
from approver.policy.spec_reader import SpecReader
from approver.policy.wildcard import Wildcards
from approver.review import Catalogue, review
from approver.rules import RuleEngine
from approver.x509 import DEFAULT_USAGES, USAGES

_FILLER: Final = "x"
"""What stands for `*`."""
_RSA_BITS: Final = (2048, 3072, 4096, 8192)
_FIELDS: Final[Mapping[str, str]] = {
    "allowed.commonName": "cn",
    "allowedCommonName": "cn",
    "allowed.dnsNames": "dns",
    "allowedDNSNames": "dns",
    "allowed.ipAddresses": "ips",
    "allowedIPAddresses": "ips",
    "allowed.uris": "uris",
    "allowedURIs": "uris",
    "allowed.emailAddresses": "emails",
    "allowedEmailAddresses": "emails",
    "allowed.subject.organizations": "o",
    "allowed.subject.organizationalUnits": "ou",
    "allowed.subject.countries": "c",
    "allowed.subject.localities": "l",
    "allowed.subject.provinces": "st",
    "allowed.subject.streetAddresses": "street",
    "allowed.subject.postalCodes": "postal_code",
    "allowed.subject.serialNumber": "serial",
}
_NO_ADDRESS: Final = "192.0.2.1"  # for documentation (RFC 5737)


class Sampler:
    """Makes requests for one policy."""

    def __init__(self, policy: Policy, spec: SpecReader, engine: RuleEngine) -> None:
        self._policy = policy
        self._spec = spec
        self._engine = engine

    def approved(self, **changes: Any) -> DirectRequest | None:  # noqa: ANN401 - of DirectRequest
        """Return a request with these changes that the policy approves; None if none is found.

        Raise `RuleEngineError`.
        """
        if not self._policy.ready:
            return None
        asked = msgspec.structs.replace(self._base, **changes)
        try:
            request = asked.request()
        except (InvalidObjectError, ValueError):
            return None
        decision = review(self._catalogue, request, None, self._labels, self._engine)
        return asked if decision.verdict == "approved" else None

    @cached_property
    def _catalogue(self) -> Catalogue:
        """The policy alone, and what it would say if it were enforced."""
        return Catalogue([replace(self._policy, enforcing=True)])

    @cached_property
    def _base(self) -> DirectRequest:
        """A request of which all is permitted that must be there, if rules permit it, too."""
        known: dict[str, Any] = self._selected() | self._constrained()
        for check in self._policy.checks:
            name = check.field.removeprefix("spec.")
            if isinstance(check.condition, Never) and check.part == ".required":
                if field := _FIELDS.get(name):
                    known[field] = _as_field(field, self._sample_of(name))
            elif isinstance(check.condition, Wildcards) and "sages" in name:
                known["usages"] = _usages(check.condition)
            elif isinstance(check.condition, Wildcards) and check.field == "spec.allowedCommonName":
                known["cn"] = "" if check.condition("") else self._sample_of(name)
            elif isinstance(check.condition, OneOf) and check.condition.values == (True,):
                known["ca"] = True
        return DirectRequest(**known)

    @property
    def _labels(self) -> Mapping[str, str]:
        labels = {}
        for requirement in self._policy.selector.labels:
            if requirement.operator == "In":
                labels[requirement.key] = requirement.values[0]
            elif requirement.operator == "Exists":
                labels[requirement.key] = _FILLER
        return labels

    def _selected(self) -> dict[str, Any]:
        """Say from whom, where and for which issuer a request is that the policy selects."""
        selector = self._spec.child("selector")
        known: dict[str, Any] = {"namespace": _first(selector.at("namespace.matchNames").value)}
        by_parts = {name: selector.at(f"issuerRef.{name}").value for name in _ISSUER}
        refs = selector.child("issuerRefs").value
        if isinstance(refs, list) and refs and isinstance(refs[0], dict):
            by_parts |= {name: refs[0].get(name) for name in _ISSUER if not by_parts[name]}
        for check in self._policy.checks:
            if isinstance(check.condition, AnyIssuer) and check.condition.patterns:
                pattern = check.condition.patterns[0]
                allowed = {"name": pattern.name, "kind": pattern.kind, "group": pattern.group}
                by_parts |= {
                    name: allowed[name].texts[0]
                    for name in _ISSUER
                    if "*" in (by_parts[name] or "*")
                }
        kind = _filled(by_parts["kind"] or "ClusterIssuer", "Issuer")
        group = _filled(by_parts["group"] or "", "cert-manager.io")
        name = _filled(by_parts["name"] or "*", _FILLER)
        known["issuer"] = f"{kind}{'.' if group else ''}{group}/{name}"
        return known | self._requester(selector.child("requester"))

    def _requester(self, node: SpecReader) -> dict[str, Any]:
        if names := node.child("usernames").value:
            return {"username": _first(names)}
        if groups := node.child("groups").value:
            return {"username": _FILLER, "groups": (_first(groups),)}
        for account in self._policy.selector.requester.accounts if node.present else ():  # type: ignore[union-attr]  # it is there
            parts = (_filled(each.texts[0], _FILLER) for each in account if each.texts)
            return {"username": ":".join(("system:serviceaccount", *parts))}
        return {}

    def _constrained(self) -> dict[str, Any]:
        """Say how long and with which key."""
        known: dict[str, Any] = {}
        algorithm, least, most = "ECDSA", 0, 1 << 20
        for check in self._policy.checks:
            condition = check.condition
            if check.field.endswith("Duration") and isinstance(condition, AtLeast | AtMost):
                if "duration" not in known or isinstance(condition, AtMost):
                    known["duration"] = format_duration(condition.bound)
            elif "rivateKey" in check.field and isinstance(condition, OneOf):
                algorithm = str(condition.values[0])
            elif isinstance(condition, AtLeast):
                least = condition.bound
            elif isinstance(condition, AtMost):
                most = condition.bound
        known["key"] = _key(algorithm, least, most)
        return known

    def _sample_of(self, name: str) -> str:
        for check in self._policy.checks:
            if check.field == f"spec.{name}" and isinstance(check.condition, Wildcards):
                texts = [text for text in check.condition.texts if text]
                return _filled(texts[0], _FILLER) if texts else ""
        return _FILLER


def _first(values: object) -> str:
    text = values[0] if isinstance(values, list) and values else "*"
    return _filled(text, _FILLER) if isinstance(text, str) else _FILLER


def _filled(pattern: str, filler: str) -> str:
    """Return a text that a pattern matches."""
    if pattern == "*":
        return filler
    return pattern.replace("*", "" if "-*" not in pattern else filler)


def _as_field(field: str, sample: str) -> object:
    if field == "ips" and not sample[:1].isdigit():
        sample = _NO_ADDRESS
    return sample if field in {"cn", "serial"} else (sample,)


def _usages(permitted: Wildcards) -> tuple[str, ...]:
    if all(map(permitted, DEFAULT_USAGES)):
        return ()
    return tuple(usage for usage in USAGES if permitted(usage))[:1]


def _key(algorithm: str, least: int, most: int) -> str:
    if algorithm == "Ed25519":
        return "Ed25519"
    sizes = _RSA_BITS if algorithm == "RSA" else (256, 384, 521)
    fitting = [size for size in sizes if least <= size <= most]
    if not fitting and algorithm == "ECDSA":
        fitting = [size for size in _RSA_BITS if least <= size <= most]
        algorithm = "RSA"
    return f"{algorithm}-{fitting[0] if fitting else sizes[0]}"


_ISSUER: Final = ("name", "kind", "group")
