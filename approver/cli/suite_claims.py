"""Claims about all requests: proven, refuted by a request that was approved, or undecided.

Whether policies count as bound, or roles and bindings say so, is as in the tests of the suite.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Literal

from approver.analysis import Alternatives, Question, can, gained
from approver.analysis.answers import Finding
from approver.cli.suite_run import Prepared
from approver.issuance import CERT_MANAGER, issuer_ref
from approver.issuance.direct import private_key
from approver.manifests.files import UnusableError
from approver.manifests.suites import Suite, SuiteTest
from approver.model import InvalidObjectError, Request, groups_of, kinds, parse_duration
from approver.model.subject import COMMON_NAME
from approver.policy import Policy
from approver.x509 import read

Status = Literal["proven", "refuted", "undecided"]
_NEVER_WORDS: Final[Mapping[str, str]] = {"o": "organization", "ca": "is_ca", "as": "user"}
_LISTS: Final[Mapping[str, str]] = {
    "dns": "dnsNames",
    "ips": "ipAddresses",
    "uris": "uris",
    "emails": "emailAddresses",
}


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """What became of a claim; `shown` is the counterexample, or why nothing is known."""

    claim: SuiteTest
    status: Status
    shown: str = ""


def prove(prepared: Prepared) -> list[ClaimResult]:
    """Look at each claim of a suite. Raise `UnusableError` or `RuleEngineError`."""
    return [_looked_at(prepared, claim) for claim in prepared.suite.claims]


def _looked_at(prepared: Prepared, claim: SuiteTest) -> ClaimResult:
    how = "never" if "never" in claim.said else "always"
    find = _against_never if how == "never" else _against_always
    try:
        found = list(find(prepared, claim.said[how]))
    except (InvalidObjectError, ValueError) as error:
        raise _unusable(prepared.suite, claim, how, error) from error
    for each in found:
        if each.request:
            by = f"approved by {each.policy.name}" if how == "never" else "not approved"
            return ClaimResult(claim, "refuted", f"{by}: {described(each.request)}")
    for each in found:
        return ClaimResult(claim, "undecided", f"{each.policy.name}: {each.unknown}")
    return ClaimResult(claim, "proven")


def _unusable(suite: Suite, claim: SuiteTest, how: str, error: Exception) -> UnusableError:
    return suite.manifest.unusable(f"{claim.field}.{how}", str(error))


def _against_never(prepared: Prepared, said: Mapping[str, Any]) -> Iterator[Finding]:
    words = {_NEVER_WORDS.get(name, name): value for name, value in said.items()}
    if "duration" in words:
        words["duration"] = _durations(words["duration"])
    if "issuer" in words:
        words["issuer"] = issuer_ref(words["issuer"]).defaulted()
    labels = prepared.world.namespace_labels.get(words.get("namespace", ""))
    if labels is not None:
        words["labels"] = tuple(sorted(labels.items()))
    if "user" in words:
        words["groups"] = groups_of(words["user"])
    world = prepared.world
    yield from can(world.policies, Question(**words).regions(), world.counted)


def _against_always(prepared: Prepared, said: Mapping[str, Any]) -> Iterator[Finding]:
    """Look for what the claim, as a policy, would approve and none of the policies does."""
    claimed = Policy.parse(_as_policy(prepared, said))
    if claimed.problems:
        raise ValueError("; ".join(problem.message for problem in claimed.problems))
    world = prepared.world
    yield from gained(claimed, Alternatives(world.policies, world.counted))


def _as_policy(prepared: Prepared, said: Mapping[str, Any]) -> Mapping[str, Any]:
    namespace = said.get("namespace", "default")
    labels = prepared.world.namespace_labels.get(namespace, {})
    selector: dict[str, Any] = {
        "namespace": {"matchNames": [namespace], "matchLabels": dict(labels)},
        "requester": {"usernames": [CERT_MANAGER.username]},
    }
    if "issuer" in said:
        issuer = issuer_ref(said["issuer"]).defaulted()
        selector["issuerRef"] = {
            "name": issuer.name,
            "kind": issuer.kind,
            "group": issuer.group,
        }
    allowed: dict[str, Any] = {
        field: {"values": said[name], "required": True}
        for name, field in _LISTS.items()
        if name in said
    }
    if "cn" in said:
        allowed["commonName"] = {"value": said["cn"], "required": True}
    if "o" in said:
        allowed["subject"] = {"organizations": {"values": said["o"]}}
    if "usages" in said:
        allowed["usages"] = said["usages"]
    allowed["isCA"] = said.get("ca", False)
    return {
        **kinds.POLICY.header,
        "metadata": {"name": "the claim"},
        "spec": {"selector": selector, "allowed": allowed, "constraints": _constraints(said)},
    }


def _constraints(said: Mapping[str, Any]) -> Mapping[str, Any]:
    constraints: dict[str, Any] = {}
    if "duration" in said:
        least, most = _durations(said["duration"])
        constraints["minDuration"] = f"{int(least)}ns"
        if most != inf:
            constraints["maxDuration"] = f"{int(most)}ns"
    key = private_key(said.get("key", "ECDSA-256"))
    constraints["privateKey"] = {"algorithm": key.algorithm}
    if key.size:
        constraints["privateKey"] |= {"minSize": key.size, "maxSize": key.size}
    return constraints


def _durations(text: str) -> tuple[float, float]:
    """Read a range of durations, in nanoseconds, both ends inclusive; raise `ValueError`."""
    if found := re.fullmatch(r"\s*(>=|<=|>|<)\s*(\S+)\s*", text):
        bound = parse_duration(found[2])
        return {
            ">=": (bound, inf),
            ">": (bound + 1, inf),
            "<=": (0, bound),
            "<": (0, bound - 1),
        }[found[1]]
    first, dots, last = text.partition("..")
    least = parse_duration(first.strip())
    return least, parse_duration(last.strip()) if dots else least


def described(request: Request) -> str:
    """Return a request in a few words."""
    csr = read(base64.b64decode(request.spec.request))
    names = csr.names
    parts = [
        f"{kind} {', '.join(values)}"
        for kind, values in (
            ("dns", names.dns),
            ("ip", names.ip_addresses),
            ("uri", names.uris),
            ("email", names.emails),
            ("otherName", tuple(f"{each.oid}={each.value}" for each in names.others)),
            ("usages", request.spec.usages),
        )
        if values
    ]
    subject = [
        f"{'CN' if each.oid == COMMON_NAME else each.oid}={each.value}" for each in csr.subject
    ]
    size = "" if csr.key.size < 0 else f"-{csr.key.size}"
    issuer = request.issuer
    return "; ".join(
        (
            *parts,
            *subject,
            *(["CA"] if request.spec.is_ca else []),
            f"duration {request.spec.duration or 'not set'}",
            f"{csr.key.algorithm}{size}",
            f"namespace {request.namespace}",
            f"from {issuer.kind}.{issuer.group}/{issuer.name}",
        )
    )
