"""What a CSR carries beyond names, subject and usages needs the consent of a bound policy."""

from typing import Any

import pytest

from approver import Decision, Policy, review
from approver.model import Request
from tests.controlplane.manifests import certificate_request
from tests.examples import policy
from tests.x509.build import (
    EXTENDED_KEY_USAGE,
    NAME_CONSTRAINTS,
    NULL,
    dns,
    element,
    extension,
    oid,
    request,
    sequence,
)

STAPLE = "1.3.6.1.5.5.7.1.24"
SMART_CARD = "1.3.6.1.4.1.311.20.2.2"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"


def asked(*extensions: bytes, **spec: Any) -> Request:  # noqa: ANN401 - any field of a request
    csr = request(*extensions).decode()
    return Request.parse(certificate_request("web", "team-a", csr, **spec))


def permitting(name: str = "team-a", **allowed: Any) -> Policy:  # noqa: ANN401 - any field
    common = {"commonName": {"value": "*"}, "usages": ["client auth", "cert sign"], "isCA": True}
    return policy(name, selector={"issuerRef": {}}, allowed={**common, **allowed})


def subtrees(*domains: str) -> bytes:
    lists = element(0xA0, *(sequence(dns(domain)) for domain in domains))
    return extension(NAME_CONSTRAINTS, sequence(lists))


STAPLED = asked(extension(STAPLE, NULL))
LOGON = asked(
    extension(EXTENDED_KEY_USAGE, sequence(oid(CLIENT_AUTH), oid(SMART_CARD))),
    usages=["client auth"],
)
CONFINED = asked(subtrees("team-a.example.com"), isCA=True)
OWN_DOMAIN = {"permitted": {"dnsDomains": {"values": ["team-a.example.com"], "required": True}}}


def decided(what: Request, *policies: Policy) -> Decision:
    return review(policies, what)


@pytest.mark.parametrize(
    ("what", "allowed"),
    [
        (STAPLED, {"extensions": [{"oid": STAPLE}]}),
        (LOGON, {"otherUsages": [{"oid": SMART_CARD}]}),
        (CONFINED, {"nameConstraints": OWN_DOMAIN}),
    ],
)
def test_a_policy_that_names_it_can_approve(what: Request, allowed: dict[str, Any]) -> None:
    assert decided(what, permitting(**allowed)).verdict == "approved"
    assert decided(what, permitting("a"), permitting("b", **allowed)).policy == "b"


@pytest.mark.parametrize(
    ("what", "rule", "named", "field"),
    [
        (STAPLED, "extensions", f"{STAPLE} (must-staple)", "extensions"),
        (LOGON, "extended-key-usage", f"{SMART_CARD} (smart card logon)", "otherUsages"),
        (CONFINED, "name-constraints", "2.5.29.30 (nameConstraints)", "nameConstraints"),
    ],
)
def test_where_none_names_it_the_message_says_who_could(
    what: Request, rule: str, named: str, field: str
) -> None:
    decision = decided(what, permitting())
    assert decision.verdict == "denied"
    assert decision.message == (
        f"No policy can approve this request: spec.request: {rule}: {named}:"
        f" a policy can permit it in allowed.{field}"
    )


def test_another_policy_s_consent_is_not_enough() -> None:
    named = policy("names-it", allowedDNSNames=["*"], allowedCommonName="none")
    lists = permitting("lists-it", extensions=[{"oid": STAPLE}], commonName={"value": "none"})
    decision = decided(STAPLED, named, lists)
    violated = {name: trace.violations for name, trace in decision.policies.items()}
    assert [each.field for each in violated["lists-it"]] == ["spec.allowed.commonName.value"]
    assert f"spec.allowed.extensions[{STAPLE}]" in [each.field for each in violated["names-it"]]


def test_a_ca_must_be_confined_where_the_policy_requires_it() -> None:
    """This is what name constraints in a policy are for."""
    decision = decided(asked(isCA=True), permitting(nameConstraints=OWN_DOMAIN))
    assert "nameConstraints.permitted.dnsDomains.required" in decision.message


def test_a_ca_is_confined_to_no_more_than_the_policy_says() -> None:
    wider = asked(subtrees("team-a.example.com", "example.com"), isCA=True)
    decision = decided(wider, permitting(nameConstraints=OWN_DOMAIN))
    assert decision.verdict == "denied"
    assert '"example.com"' in decision.message


def test_only_a_ca_has_name_constraints() -> None:
    decision = decided(
        asked(subtrees("team-a.example.com")), permitting(nameConstraints=OWN_DOMAIN)
    )
    assert "only a CA may have them" in decision.message


def test_a_policy_that_may_have_lost_its_list_is_waited_for() -> None:
    """What the installed definition drops may be the very consent: a denial would be final."""
    lossy = permitting().with_losses("may have lost fields")
    assert decided(STAPLED, lossy).verdict == "waiting"


@pytest.mark.parametrize(
    "spec",
    [
        {"allowedDNSNames": ["*"], "allowed": {"extensions": [{"oid": STAPLE}]}},
        {"allowed": {"extensions": [{"oid": f"{STAPLE} "}]}},
        {"allowed": {"extension": [{"oid": STAPLE}]}},
        {"allowed": {"extensions": [STAPLE]}},
        {"allowed": [{"extensions": [{"oid": STAPLE}]}]},
    ],
)
def test_a_policy_whose_list_is_at_fault_is_waited_for(spec: dict[str, Any]) -> None:
    """Corrected, it may permit the request."""
    assert decided(STAPLED, policy(selector={"issuerRef": {}}, **spec)).verdict == "waiting"
