"""What becomes of a request, and all that tells of it."""

import base64

import pytest
from cryptography import x509

from tests.controller.observed import sample
from tests.controller.scene import SECONDS, Scene
from tests.controlplane.identities import CERT_MANAGER
from tests.controlplane.manifests import (
    Manifest,
    certificate,
    condition,
    decision,
    is_true,
    without_hint,
)
from tests.controlplane.pki import signing_request
from tests.running import Approver

pytestmark = pytest.mark.cluster

ELSEWHERE = signing_request("", "DNS:login.bank.example.org")


def test_a_certificate_that_a_policy_allows_is_issued(scene: Scene, approver: Approver) -> None:
    del approver
    scene.authority()
    scene.policy("web", allowedDNSNames=["*.example.com"], allowedIsCA=False)
    scene.bind("web", to=CERT_MANAGER)

    scene.admin.apply(certificate("shop", scene.namespace))
    scene.admin.wait_for(
        "Certificate", "shop", is_true("Ready"), scene.namespace, timeout=2 * SECONDS
    )

    data = scene.admin.get("Secret", "shop", scene.namespace)["data"]
    leaf, authority = (
        x509.load_pem_x509_certificate(base64.b64decode(data[name]))
        for name in ("tls.crt", "ca.crt")
    )
    leaf.verify_directly_issued_by(authority)
    assert scene.approved("shop-1") == 'Approved by CertificateRequestPolicy: "web"'


def test_a_certificate_that_no_policy_allows_is_never_issued(
    scene: Scene, approver: Approver
) -> None:
    del approver
    scene.authority()
    scene.policy("web", allowedDNSNames=["*.example.net"])
    scene.bind("web", to=CERT_MANAGER)

    scene.admin.apply(certificate("shop", scene.namespace))
    refused = scene.admin.wait_for(
        "Certificate",
        "shop",
        lambda found: (condition(found, "Issuing") or {}).get("status") == "False",
        scene.namespace,
        timeout=2 * SECONDS,
    )

    assert scene.denied("shop-1") in str(condition(refused, "Issuing"))
    assert not scene.request("shop-1")["status"].get("certificate")
    assert [
        secret["metadata"]["name"] for secret in scene.admin.list("Secret", scene.namespace)
    ] == ["ca"]


def test_a_denied_certificate_recovers_as_the_event_says(scene: Scene, approver: Approver) -> None:
    """Delete the request, then renew: as long as it is there, cert-manager finds the old denial."""
    del approver
    scene.authority()
    scene.policy("web", allowedDNSNames=["*.example.net"])
    scene.bind("web", to=CERT_MANAGER)
    scene.admin.apply(certificate("shop", scene.namespace))
    scene.denied("shop-1")
    note = without_hint(scene.event("shop-1", "Denied"))
    assert note.endswith("(to try again: delete this request, then renew its Certificate)")
    scene.admin.wait_for("Certificate", "shop", has_failed, scene.namespace, timeout=2 * SECONDS)

    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.admin.delete("CertificateRequest", "shop-1", scene.namespace)
    renew(scene, "shop")

    scene.admin.wait_for(
        "Certificate", "shop", is_true("Ready"), scene.namespace, timeout=2 * SECONDS
    )


def has_failed(certificate: Manifest) -> bool:
    return (condition(certificate, "Issuing") or {}).get("status") == "False"


def renew(scene: Scene, name: str) -> None:
    """Do as `cmctl renew` does."""
    issuing = {
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "Certificate re-issuance manually triggered",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    status = {"status": {"conditions": [issuing]}}
    scene.admin.patch("Certificate", name, status, scene.namespace, subresource="status")


def test_the_log_is_an_audit_trail(scene: Scene, approver: Approver) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    names = signing_request("shop.example.com", "DNS:shop.example.com", "DNS:www.example.com")

    scene.ask("shop", names, duration="1h", usages=["server auth"])

    line = approver.wait_for_line("request approved", request=f"{scene.namespace}/shop")
    expected = {
        "requester": "alice",
        "issuer": "Issuer.cert-manager.io/ca",
        "policy": "web",
        "subject": "commonName=shop.example.com",
        "names": "DNS:shop.example.com, DNS:www.example.com",
        "ca": False,
        "usages": "server auth",
        "duration": "1h",
        "key": "ECDSA P-256",
    }
    assert {field: line[field] for field in expected} == expected


def test_the_log_says_policy_by_policy_why_a_request_is_undecided(
    scene: Scene, approver: Approver
) -> None:
    scene.policy("elsewhere", allowedIsCA=False, selector={"namespace": {"matchNames": ["x"]}})
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.policy_ready("web")

    scene.ask("shop")

    line = approver.wait_for_line("request unmatched", request=f"{scene.namespace}/shop")
    assert line["policies"]["elsewhere"] == "does not select it: selector.namespace.matchNames"
    assert line["policies"]["web"] == "not bound by roles and bindings"


def test_an_approval_is_told_to_all_who_want_to_know(scene: Scene, approver: Approver) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")

    scene.ask("shop")

    message = 'Approved by CertificateRequestPolicy: "web"'
    decided = scene.decided("shop")
    assert decided.pop("lastTransitionTime")
    assert decided == {
        "type": "Approved",
        "status": "True",
        "reason": "policy.cert-manager.io",
        "message": message,
    }

    event = scene.event("shop", "Approved")
    assert (event["type"], without_hint(event)) == ("Normal", message)
    assert event["reportingController"] == "policy-approver"
    assert event["regarding"]["uid"] == scene.request("shop")["metadata"]["uid"]

    line = approver.wait_for_line("request approved", request=f"{scene.namespace}/shop")
    assert line["level"] == "info"
    assert line["requester"] == "alice"
    assert line["issuer"] == "Issuer.cert-manager.io/ca"
    assert line["policies"] == {"web": "approved"}

    counted = sample(
        "policy_approver_decisions_total", decision="approved", policy="web", enforcement="enforce"
    )
    assert approver.metrics()[counted] == 1
    requests = sample(
        "certmanager_approverpolicy_certificaterequests_approval",
        namespace=scene.namespace,
        status="approved",
    )
    approver.wait_until(lambda: approver.metrics().get(requests) == 1)
    approver.wait_until(lambda: approver.metrics()["policy_approver_oldest_pending_seconds"] == 0)


def test_a_denial_is_told_to_all_who_want_to_know(scene: Scene, approver: Approver) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")

    scene.ask("shop", ELSEWHERE)

    message = (
        "No policy approved this request: [web: spec.allowedDNSNames: "
        '"login.bank.example.org" does not match "*.example.com"]'
    )
    decided = scene.decided("shop")
    assert decided.pop("lastTransitionTime")
    assert decided == {
        "type": "Denied",
        "status": "True",
        "reason": "policy.cert-manager.io",
        "message": message,
    }

    event = scene.event("shop", "Denied")
    assert (event["type"], without_hint(event)) == ("Warning", message)

    line = approver.wait_for_line("request denied", request=f"{scene.namespace}/shop")
    assert (line["reason"], line["policies"]) == (message, {"web": "denied"})

    violations = sample(
        "policy_approver_violations_total", policy="web", field="spec.allowedDNSNames"
    )
    assert approver.metrics()[violations] == 1


def test_the_first_policy_by_name_that_approves_is_named(scene: Scene, approver: Approver) -> None:
    del approver
    for name in ("b", "c", "a"):
        scene.policy(name, allowedDNSNames=["*.example.com"])
    scene.bind("a", "b", "c")

    scene.ask("shop")

    assert scene.approved("shop") == 'Approved by CertificateRequestPolicy: "a"'


def test_one_approval_outweighs_the_violations_of_others(scene: Scene, approver: Approver) -> None:
    del approver
    scene.policy("narrow", allowedDNSNames=["*.example.net"])
    scene.policy("wide", allowedDNSNames=["*.example.com"])
    scene.bind("narrow", "wide")

    scene.ask("shop")

    assert scene.approved("shop") == 'Approved by CertificateRequestPolicy: "wide"'


def test_a_denial_says_what_every_bound_policy_objects_to(scene: Scene, approver: Approver) -> None:
    del approver
    for name in ("web", "mail", "unbound"):
        scene.policy(name, allowedDNSNames=[f"*.{name}.example.com"])
    scene.bind("web", "mail")

    scene.ask("shop")

    assert scene.denied("shop") == (
        "No policy approved this request: "
        '[mail: spec.allowedDNSNames: "shop.example.com" does not match "*.mail.example.com"] '
        '[web: spec.allowedDNSNames: "shop.example.com" does not match "*.web.example.com"]'
    )


def test_a_policy_in_audit_mode_counts_and_does_not_decide(
    scene: Scene, approver: Approver
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.policy("strict", allowedDNSNames=[], mode="Audit")
    scene.bind("web", "strict")

    scene.ask("shop")

    assert scene.approved("shop") == 'Approved by CertificateRequestPolicy: "web"'
    approver.wait_for_line("request approved", request=f"{scene.namespace}/shop")
    violations = sample(
        "policy_approver_violations_total", policy="strict", field="spec.allowedDNSNames"
    )
    assert approver.metrics()[violations] == 1


def test_what_another_approver_decides_is_left_alone_and_counted(
    scene: Scene, approver: Approver
) -> None:
    foreign = sample("policy_approver_foreign_decisions_total", approver="other")
    before = approver.metrics().get(foreign, 0)
    scene.policy("web", allowedDNSNames=[])
    scene.ask("shop")
    scene.event("shop", "Unprocessed")

    by_hand = decision("Approved", "by hand")
    scene.admin.patch("CertificateRequest", "shop", by_hand, scene.namespace, subresource="status")
    approver.wait_for_line(
        "another approver decided: is cert-manager's own still on?",
        request=f"{scene.namespace}/shop",
    )
    decide_another(scene)

    assert scene.approved("shop") == "by hand"
    assert approver.metrics()[foreign] == before + 1


def test_a_request_that_is_being_deleted_is_left_alone(scene: Scene, approver: Approver) -> None:
    del approver
    scene.policy("web", allowedDNSNames=[])
    scene.ask("shop")
    scene.event("shop", "Unprocessed")

    hold(scene, "shop", ["example.com/hold"])
    scene.admin.delete("CertificateRequest", "shop", scene.namespace)
    decide_another(scene)

    assert scene.undecided("shop")
    hold(scene, "shop", [])


def test_a_request_that_has_failed_is_left_alone(scene: Scene, approver: Approver) -> None:
    del approver
    scene.policy("web", allowedDNSNames=[])
    scene.ask("shop")
    scene.event("shop", "Unprocessed")

    failed = {"status": {"failureTime": "2030-01-01T00:00:00Z"}}
    scene.admin.patch("CertificateRequest", "shop", failed, scene.namespace, subresource="status")
    decide_another(scene)

    assert scene.undecided("shop")


def decide_another(scene: Scene) -> None:
    """Make the approver look at everything, and at a new request last."""
    scene.bind("web")
    scene.ask("another")
    scene.denied("another")


def hold(scene: Scene, name: str, finalizers: list[str]) -> None:
    change = {"metadata": {"finalizers": finalizers}}
    scene.admin.patch("CertificateRequest", name, change, scene.namespace)
