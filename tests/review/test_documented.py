"""What approver-policy's documentation promises, each promise with a policy and a request.

The policies are those of its pages and examples, or as small as the promise allows.
"""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from approver import Decision, Policy, Request, review
from approver.x509 import USAGES
from tests.controlplane.manifests import certificate_request, issuer_reference
from tests.controlplane.pki import PrivateKey, signing_request
from tests.examples import policy, request
from tests.x509 import build

ANY_ISSUER: dict[str, Any] = {"issuerRef": {}}
CONSTRAINTS: dict[str, Any] = {
    "minDuration": "1h",
    "maxDuration": "24h",
    "privateKey": {"algorithm": "RSA", "minSize": 2048, "maxSize": 4096},
}
MY_CA: dict[str, Any] = {"name": "my-ca", "kind": "*Issuer", "group": "cert-manager.io"}


def allowing(name: str = "policy", /, **allowed: object) -> Policy:
    return policy(name, allowed=allowed, selector=ANY_ISSUER)


def decide(judge: Policy, asked: Request) -> str:
    assert judge.ready, judge.problems
    return review([judge], asked).verdict


def with_key(key: PrivateKey, duration: str = "1h") -> Request:
    csr = signing_request(key=key)
    return Request.parse(certificate_request("web", "team-a", csr, duration=duration))


def violations(decision: Decision) -> list[str]:
    return [
        str(violation) for trace in decision.policies.values() for violation in trace.violations
    ]


class TestAllowed:
    def test_a_request_may_leave_out_what_is_allowed(self) -> None:
        judge = allowing(dnsNames={"values": ["example.com", "foo.example.com"]})
        assert decide(judge, request()) == "approved"
        assert decide(judge, request("DNS:example.com")) == "approved"
        assert decide(judge, request("DNS:bar.example.com")) == "denied"

    def test_it_may_not_leave_out_what_is_required(self) -> None:
        judge = allowing(commonName={"value": "*.com", "required": True})
        assert decide(judge, request(common_name="shop.com")) == "approved"
        assert decide(judge, request(common_name="shop.org")) == "denied"
        assert decide(judge, request()) == "denied"

    @pytest.mark.parametrize(
        "asked",
        [
            request(common_name="a"),
            request("DNS:a"),
            request("IP:10.0.0.1"),
            request("URI:spiffe://a/b"),
            request("email:a@example.com"),
            request(isCA=True),
            request(usages=["server auth"]),
        ],
    )
    def test_what_is_not_mentioned_is_denied(self, asked: Request) -> None:
        assert decide(allowing(), request()) == "approved"
        assert decide(allowing(), asked) == "denied"

    @pytest.mark.parametrize(
        ("pattern", "value", "verdict"),
        [
            ("*", "anything.at.all", "approved"),
            ("*foo", "foo", "approved"),
            ("*foo", "bar-foo", "approved"),
            ("*foo", "foo-bar", "denied"),
            ("*.foo", "bar-123.foo", "approved"),
            ("*.foo", "barfoo", "denied"),
        ],
    )
    def test_a_star_is_any_run_of_characters(self, pattern: str, value: str, verdict: str) -> None:
        assert decide(allowing(dnsNames={"values": [pattern]}), request(f"DNS:{value}")) == verdict

    def test_a_request_may_ask_for_a_part_of_a_list(self) -> None:
        judge = allowing(usages=["server auth", "client auth"])
        assert decide(judge, request(usages=["server auth"])) == "approved"
        assert decide(judge, request(usages=["server auth", "cert sign"])) == "denied"

    @pytest.mark.parametrize("nothing", [{}, {"usages": None}, {"usages": []}])
    def test_an_empty_list_of_usages_is_none(self, nothing: dict[str, Any]) -> None:
        assert decide(allowing(**nothing), request(usages=["server auth"])) == "denied"

    def test_a_ca_needs_leave_but_leave_does_not_need_a_ca(self) -> None:
        assert decide(allowing(isCA=True), request(isCA=True)) == "approved"
        assert decide(allowing(isCA=True), request()) == "approved"
        assert decide(allowing(isCA=False), request(isCA=True)) == "denied"

    def test_required_needs_something_to_compare_with(self) -> None:
        assert not allowing(commonName={"required": True}).ready
        assert not allowing(dnsNames={"required": True}).ready

    def test_required_without_a_possible_value_always_denies(self) -> None:
        judge = allowing(commonName={"value": "", "required": True})
        assert decide(judge, request()) == "denied"
        assert decide(judge, request(common_name="a")) == "denied"

    def test_other_attributes_of_the_subject_are_allowed_by_number(self) -> None:
        email = "1.2.840.113549.1.9.1"
        subject = build.name(build.set_of(build.typed(email, build.utf8("web@example.com"))))
        asked = Request.parse(
            certificate_request("web", "team-a", build.request(subject=subject).decode())
        )
        names = {"values": ["*.example.com"]}
        listed = {"otherAttributes": [{"oid": email, "values": ["*@example.com"]}]}
        assert decide(allowing(dnsNames=names, subject=listed), asked) == "approved"
        assert decide(allowing(dnsNames=names), asked) == "denied"


class TestConstraints:
    @pytest.mark.parametrize(
        ("duration", "verdict"),
        [
            ("1h", "approved"),
            ("24h", "approved"),
            ("59m59s", "denied"),
            ("24h0m1s", "denied"),
        ],
    )
    def test_a_duration_must_be_within_both(self, duration: str, verdict: str) -> None:
        judge = policy(constraints=CONSTRAINTS, selector=ANY_ISSUER)
        assert decide(judge, with_key(build.rsa_key(), duration=duration)) == verdict

    @pytest.mark.parametrize(
        ("constraint", "verdict"),
        [
            ({"algorithm": "RSA"}, "approved"),
            ({"algorithm": "ECDSA"}, "denied"),
            ({"minSize": 2048, "maxSize": 2048}, "approved"),
            ({"minSize": 3072}, "denied"),
            ({"maxSize": 1024}, "denied"),
        ],
    )
    def test_so_must_a_key(self, constraint: dict[str, Any], verdict: str) -> None:
        judge = policy(constraints={"privateKey": constraint}, selector=ANY_ISSUER)
        assert decide(judge, with_key(build.rsa_key())) == verdict

    def test_what_is_not_constrained_may_be_anything(self) -> None:
        for key in (build.rsa_key(), ec.generate_private_key(ec.SECP256R1())):
            assert decide(allowing(), with_key(key, duration="9000h")) == "approved"


class TestSelector:
    @pytest.mark.parametrize("kind", ["Issuer", "ClusterIssuer"])
    def test_it_selects_by_issuer(self, kind: str) -> None:
        judge = policy(allowed={}, selector={"issuerRef": MY_CA})
        asked = issuer_reference("my-ca") | {"kind": kind}
        assert decide(judge, request(issuerRef=asked)) == "approved"
        assert decide(judge, request(issuerRef=asked | {"name": "my-ca-2"})) == "unmatched"
        assert decide(judge, request(issuerRef=asked | {"group": "example.com"})) == "unmatched"

    @pytest.mark.parametrize("selector", [{"issuerRef": {}}, {"namespace": {}}])
    def test_an_empty_one_selects_everything(self, selector: dict[str, Any]) -> None:
        assert decide(policy(allowed={}, selector=selector), request()) == "approved"

    def test_one_is_required(self) -> None:
        assert not policy(allowed={}).ready
        assert not policy(allowed={}, selector={}).ready

    @pytest.mark.parametrize(
        ("namespace", "verdict"),
        [("default", "approved"), ("app-team-1", "approved"), ("app", "unmatched")],
    )
    def test_it_selects_by_the_name_of_the_namespace(self, namespace: str, verdict: str) -> None:
        names = {"matchNames": ["default", "app-team-*"]}
        judge = policy(allowed={}, selector={"namespace": names})
        assert decide(judge, request(namespace=namespace)) == verdict

    @pytest.mark.parametrize(
        ("labels", "verdict"),
        [
            ({"foo": "bar", "team": "dev"}, "approved"),
            ({"foo": "bar", "team": "dev", "more": ""}, "approved"),
            ({"foo": "bar"}, "unmatched"),
            ({}, "unmatched"),
        ],
    )
    def test_it_selects_by_all_labels_of_the_namespace(
        self, labels: dict[str, str], verdict: str
    ) -> None:
        wanted = {"matchLabels": {"foo": "bar", "team": "dev"}}
        judge = policy(allowed={}, selector={"namespace": wanted})
        assert review([judge], request(), namespace_labels=labels).verdict == verdict

    def test_both_must_match(self) -> None:
        here, elsewhere = ({"matchNames": [name]} for name in ("team-a", "team-b"))
        issuer = {"name": "ca"}
        both = policy(allowed={}, selector={"issuerRef": issuer, "namespace": here})
        one = policy(allowed={}, selector={"issuerRef": issuer, "namespace": elsewhere})
        assert decide(both, request()) == "approved"
        assert decide(one, request()) == "unmatched"


class TestSeveralPolicies:
    def test_one_that_permits_is_enough(self) -> None:
        policies = [allowing("a"), allowing("b", dnsNames={"values": ["*"]})]
        assert review(policies, request("DNS:a")).policy == "b"

    def test_if_none_permits_the_request_is_denied(self) -> None:
        assert review([allowing("a"), allowing("b")], request("DNS:a")).verdict == "denied"

    def test_if_none_applies_it_is_left_alone(self) -> None:
        assert review([allowing("a")], request(), bound=[]).verdict == "unmatched"

    def test_one_that_nothing_satisfies_denies_what_no_other_permits(self) -> None:
        impossible = allowing("default-deny-all", dnsNames={"values": [], "required": True})
        other = policy(
            "team-b",
            allowed={},
            selector={"namespace": {"matchNames": ["team-b"]}},
        )
        assert review([impossible, other], request()).verdict == "denied"
        assert review([impossible, other], request(namespace="team-b")).policy == "team-b"


class TestExamples:
    """The policies that it shows whole."""

    def test_only_hello_world(self) -> None:
        judge = allowing(commonName={"value": "hello.world", "required": True})
        assert decide(judge, request(common_name="hello.world")) == "approved"
        assert decide(judge, request(common_name="hello.moon")) == "denied"

    def test_servers_of_one_domain(self) -> None:
        issuer = issuer_reference("letsencrypt-prod")
        judge = policy(
            allowed={
                "commonName": {"value": "example.com"},
                "dnsNames": {"values": ["example.com", "*.example.com"]},
                "usages": ["server auth"],
            },
            constraints={"privateKey": {"algorithm": "RSA", "minSize": 2048}},
            selector={"issuerRef": issuer},
        )
        csr = signing_request(
            "example.com", "DNS:example.com", "DNS:a.example.com", key=build.rsa_key()
        )
        asked = certificate_request("web", "sandbox", csr, issuerRef=issuer, usages=["server auth"])
        assert decide(judge, Request.parse(asked)) == "approved"
        asked["spec"]["usages"].append("client auth")
        assert decide(judge, Request.parse(asked)) == "denied"

    def test_everything_allowed(self) -> None:
        lists = ("dnsNames", "ipAddresses", "uris", "emailAddresses")
        judge = allowing(
            commonName={"value": "*"},
            **{name: {"values": ["*"]} for name in lists},
            isCA=True,
            usages=list(USAGES),
            subject={"organizations": {"values": ["*"]}, "serialNumber": {"value": "*"}},
        )
        csr = signing_request(
            "a", "DNS:*.a", "IP:::1", "URI:a://b", "email:a@b", organizations=["A", "B"]
        )
        asked = certificate_request("a", "a", csr, isCA=True, usages=["cert sign", "any"])
        assert decide(judge, Request.parse(asked)) == "approved"

    def test_a_plugin_that_is_not_there(self) -> None:
        judge = policy(allowed={}, selector=ANY_ISSUER, plugins={"rego": {"values": {"a": "b"}}})
        assert not judge.ready
        assert review([judge], request()).verdict == "waiting"


class TestRules:
    """Validations in CEL."""

    ACCOUNT = "system:serviceaccount:team-a:builder"

    @pytest.mark.parametrize(
        ("field", "allowance", "rule", "good", "bad"),
        [
            (
                "dnsNames",
                {"values": ["example.com", "*.example.com"]},
                "self.size() <= 24",
                "DNS:www.example.com",
                "DNS:a-name-of-more-than-24.example.com",
            ),
            (
                "ipAddresses",
                {"values": ["*"]},
                r"self.matches('\\d+\\.\\d+\\.\\d+\\.\\d+')",
                "IP:10.0.0.1",
                "IP:2001:db8::1",
            ),
            (
                "uris",
                {"values": ["spiffe://example.org/ns/*/sa/*"]},
                "self.startsWith('spiffe://%s/ns/%s/sa/'.format(['example.org', cr.namespace]))",
                "URI:spiffe://example.org/ns/team-a/sa/web",
                "URI:spiffe://example.org/ns/team-b/sa/web",
            ),
        ],
    )
    def test_they_narrow_what_patterns_allow(
        self, field: str, allowance: dict[str, Any], rule: str, good: str, bad: str
    ) -> None:
        validations = [{"rule": rule, "message": "must be as the team's rules say"}]
        judge = allowing(**{field: allowance | {"validations": validations}})
        assert decide(judge, request(good)) == "approved"
        denied = review([judge], request(bad))
        (violation,) = violations(denied)
        assert violation.startswith(f"spec.allowed.{field}.validations[0]: ")
        assert violation.endswith(" must be as the team's rules say")

    def test_a_common_name_must_pass_the_pattern_and_the_rule(self) -> None:
        validations = [{"rule": "self.endsWith('.com')"}]
        judge = allowing(commonName={"value": "*example*", "validations": validations})
        assert decide(judge, request(common_name="example.com")) == "approved"
        assert decide(judge, request(common_name="example.org")) == "denied"
        assert decide(judge, request(common_name="shop.com")) == "denied"

    def test_they_may_stand_without_values(self) -> None:
        judge = allowing(
            dnsNames={"validations": [{"rule": "self.endsWith('.com')"}], "required": True}
        )
        assert decide(judge, request("DNS:a.com")) == "approved"
        assert decide(judge, request("DNS:a.com", "DNS:a.org")) == "denied"
        assert decide(judge, request()) == "denied"

    def test_one_that_is_not_cel_makes_the_policy_not_ready(self) -> None:
        escaped_once = r"self.matches('\d+')"
        judge = allowing(ipAddresses={"values": ["*"], "validations": [{"rule": escaped_once}]})
        assert [problem.field for problem in judge.problems] == [
            "spec.allowed.ipAddresses.validations[0]"
        ]

    def test_they_know_the_request(self) -> None:
        rule = (
            "self == cr.name + '.' + cr.namespace && cr.username == 'alice' && 'dev' in cr.groups"
        )
        judge = allowing(dnsNames={"validations": [{"rule": rule}]})
        alice: dict[str, Any] = {"username": "alice", "groups": ["dev"]}
        assert decide(judge, request("DNS:web.team-a", **alice)) == "approved"
        assert decide(judge, request("DNS:web.team-b", **alice)) == "denied"
        assert decide(judge, request("DNS:web.team-a", username="bob", groups=["dev"])) == "denied"

    def test_they_know_service_accounts(self) -> None:
        rule = (
            "isServiceAccount(cr.username) && self == 'spiffe://example.org/ns/%s/sa/%s'.format("
            "[serviceAccount(cr.username).getNamespace(), serviceAccount(cr.username).getName()])"
        )
        judge = allowing(uris={"validations": [{"rule": rule}]})
        own, other = (f"URI:spiffe://example.org/ns/team-a/sa/{sa}" for sa in ("builder", "web"))
        assert decide(judge, request(own, username=self.ACCOUNT)) == "approved"
        assert decide(judge, request(other, username=self.ACCOUNT)) == "denied"
        assert decide(judge, request(own, username="alice")) == "denied"

    def test_asking_a_person_for_a_service_account_is_an_error(self) -> None:
        rule = "serviceAccount(cr.username).getName() == 'builder'"
        judge = allowing(dnsNames={"validations": [{"rule": rule}]})
        assert decide(judge, request("DNS:a", username=self.ACCOUNT)) == "approved"
        (violation,) = (
            review([judge], request("DNS:a", username="alice")).policies["policy"].violations
        )
        assert violation.failed
