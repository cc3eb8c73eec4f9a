"""Given what two sides say of requests, this changes, and then it hurts."""

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from approver.model import Request
from approver.rbac import Bindings
from approver.replay import History, Outcome, Report, Side
from approver.replay.report import renewal_of
from tests.controlplane.manifests import certificate_request
from tests.examples import policy

NOW = datetime(2030, 1, 1, tzinfo=UTC)
WEB = policy("web", selector={"namespace": {}}, allowedDNSNames=["*.example.com"])
SHORT = policy(
    "web", selector={"namespace": {}}, allowedDNSNames=["*.example.com"], maxDuration="1h"
)
APPROVED, DENIED = Outcome("approved", "web"), Outcome("denied", "", "web: too long")


def request_of(certificate: str, revision: int = 1, *, days: int = 0) -> Request:
    """Make a request of a Certificate, whose certificate is valid for so many days, if any."""
    obj = certificate_request(f"{certificate}-{revision}", "shop")
    obj["metadata"]["annotations"] = {
        "cert-manager.io/certificate-name": certificate,
        "cert-manager.io/certificate-revision": str(revision),
    }
    if days:
        obj["status"] = {"certificate": base64.b64encode(issued(days)).decode()}
    return Request.parse(obj)


def issued(days: int) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.public_key(key.public_key()).not_valid_before(NOW)
    made = builder.not_valid_after(NOW + timedelta(days=days)).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM)


def test_what_is_renewed_first_comes_first() -> None:
    report = Report()
    for certificate, days in (("late", 90), ("soon", 30)):
        report.add(request_of(certificate, days=days), APPROVED, DENIED)
    report.add(request_of("other", days=3), APPROVED, Outcome("unmatched", "", "no policy"))

    groups = report.groups("broken")

    assert [group.cause for group in groups] == ["no policy", "web: too long"]
    assert [change.certificate for change in groups[1].changes] == ["soon", "late"]


def test_a_certificate_is_renewed_after_two_thirds_of_its_life() -> None:
    assert renewal_of(request_of("web", days=90)) == NOW + timedelta(days=60)


def test_what_has_never_been_issued_is_asked_for_at_once() -> None:
    assert renewal_of(request_of("web")) < NOW


def test_new_access_stands_apart() -> None:
    report = Report()
    report.add(request_of("a"), DENIED, APPROVED)
    report.add(request_of("b"), DENIED, Outcome("unmatched", "", "none"))
    report.add(request_of("c"), APPROVED, Outcome("approved", "other"))
    assert [report.count(kind) for kind in ("broken", "gained", "other")] == [0, 1, 1]
    assert (report.unchanged, report.moved) == (1, 1)


def test_of_a_certificate_the_newest_request_counts() -> None:
    history = History()
    for revision in (2, 10, 9):
        assert not list(history.add(request_of("web", revision)))
    direct = Request.parse(certificate_request("by-hand", "shop"))
    assert list(history.add(direct)) == [direct]
    assert [each.name for each in history.newest()] == ["web-10"]
    assert history.requests == 4


def test_a_side_names_what_stands_against_a_request() -> None:
    request = request_of("web")
    assert Side([WEB], None).outcome(request, {}) == Outcome("approved", "web")
    assert Side([SHORT], None).outcome(request, {}).cause.startswith("web: spec.maxDuration")
    unbound = Side([WEB], Bindings()).outcome(request, {})
    assert unbound == Outcome(
        "unmatched", "", "no policy that selects it is bound to the requester"
    )
