"""Rules over the whole request."""

import pytest

from approver.rules import Activation, IssuerRef, Key, NameConstraints, Subject, Subtrees
from tests.cel.evaluation import outcome_for_request

HOUR = 3600 * 10**9
REQUEST = Activation(
    name="web",
    namespace="team-a",
    namespace_labels={"stage": "prod"},
    annotations={"cert-manager.io/certificate-name": "web"},
    username="system:serviceaccount:team-a:builder",
    groups=("developers",),
    issuer_ref=IssuerRef(name="ca", kind="Issuer", group="cert-manager.io"),
    common_name=("web.example.com",),
    subject=Subject(organizations=("Example",), serialNumber=("1",)),
    dns_names=("web.example.com", "www.example.com"),
    ip_addresses=("192.0.2.1",),
    uris=("spiffe://example.com/web",),
    email_addresses=("web@example.com",),
    is_ca=True,
    usages=("server auth",),
    other_usages=("1.3.6.1.4.1.311.20.2.2",),
    name_constraints=NameConstraints(permitted=Subtrees(dns_domains=("example.com",))),
    duration=HOUR + 1,
    key=Key(algorithm="RSA", size=2048, curve=""),
)


@pytest.mark.parametrize(
    "rule",
    [
        "request.name == 'web' && request.namespace == 'team-a'",
        "request.namespaceLabels['stage'] == 'prod' && !('tier' in request.namespaceLabels)",
        "request.annotations == {'cert-manager.io/certificate-name': request.name}",
        "serviceAccount(request.username).getNamespace() == request.namespace",
        "'developers' in request.groups && 'server auth' in request.usages",
        "request.issuerRef.name == 'ca' && request.issuerRef.kind == 'Issuer'",
        "request.issuerRef.group == 'cert-manager.io'",
        "request.commonName in request.dnsNames && request.commonName.endsWith('.example.com')",
        "request.subject.organizations == ['Example'] && request.subject.serialNumber == ['1']",
        "request.subject.countries == [] && request.subject.organizationalUnits.size() == 0",
        "request.subject.localities + request.subject.provinces == []",
        "request.subject.streetAddresses + request.subject.postalCodes == []",
        "request.dnsNames.all(name, name.endsWith('.example.com'))",
        "request.ipAddresses == ['192.0.2.1'] && request.uris.size() == 1",
        "request.emailAddresses.exists(address, address.endsWith('@example.com'))",
        "request.isCA",
        "request.duration > duration('1h') && request.duration == duration('1h1ns')",
        "has(request.duration) && string(request.duration) == '3600.000000001s'",
        "'%s'.format([request.duration]) == '3600.000000001s'",
        "request.key.algorithm == 'RSA' && request.key.size >= 2048 && request.key.curve == ''",
        "request.otherUsages == ['1.3.6.1.4.1.311.20.2.2']",
        "request.nameConstraints.permitted.dnsDomains.all(domain, domain == 'example.com')",
        "request.nameConstraints.permitted.ipRanges == []",
        "request.nameConstraints.excluded.emailAddresses.size() == 0",
        "request.nameConstraints.excluded != request.nameConstraints.permitted",
        "request == request",
    ],
)
def test_it_holds(rule: str) -> None:
    assert outcome_for_request(rule, REQUEST) == "true"


@pytest.mark.parametrize(
    "rule",
    [
        "self == ''",
        "cr.name == ''",
        "request.cr.name == ''",
        "request.readableCommonName == []",
        "request.extra == ''",
        "request.isCA == 'true'",
        "request.duration == 'PT1H'",
        "request.commonName == ['web.example.com']",
        "request['name'] == 'web'",
    ],
)
def test_it_cannot_be_said(rule: str) -> None:
    assert outcome_for_request(rule, REQUEST) == "unusable"


@pytest.mark.parametrize(
    ("names", "is_empty", "has"),
    [((), "true", "false"), (("cn",), "false", "true"), (("a", "b"), "failed", "true")],
)
def test_a_common_name_is_one_or_none(names: tuple[str, ...], is_empty: str, has: str) -> None:
    about = Activation(common_name=names)
    assert outcome_for_request("request.commonName == ''", about) == is_empty
    assert outcome_for_request("has(request.commonName)", about) == has
    assert outcome_for_request("request.commonName == '' || true", about) == "true"


def test_a_duration_that_is_not_set_cannot_be_compared() -> None:
    about = Activation()
    assert outcome_for_request("request.duration <= duration('24h')", about) == "failed"
    assert outcome_for_request("has(request.duration)", about) == "false"
    guarded = "!has(request.duration) || request.duration <= duration('24h')"
    assert outcome_for_request(guarded, about) == "true"


@pytest.mark.parametrize("nanoseconds", [0, 1, -1, -1_500_000_000, 2**63 - 1])
def test_every_duration_arrives_whole(nanoseconds: int) -> None:
    about = Activation(duration=nanoseconds)
    assert outcome_for_request(f"int(request.duration) == {nanoseconds}", about) == "true"


@pytest.mark.parametrize("field", ["duration", "commonName"])
def test_the_request_is_not_taken_for_a_value_of_any_type(field: str) -> None:
    assert outcome_for_request(f"dyn(request).{field} != dyn(1)", REQUEST) == "failed"
    assert outcome_for_request(f"[request, 1][0].{field} != dyn(1)", REQUEST) == "failed"
