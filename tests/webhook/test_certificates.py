"""The webhook's own CAs: exchanged under load, put back when they are lost, the same for all."""

import base64
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from approver.webhook.authorities import Authorities
from approver.webhook.authority import Authority
from tests.controller.scene import SECONDS, Scene
from tests.controlplane import Client, ControlPlane, pki
from tests.controlplane.client import APIError
from tests.controlplane.identities import APPROVER_NAMESPACE
from tests.controlplane.waiting import wait_until
from tests.examples import policy_manifest
from tests.webhook.served import (
    HOST,
    NAME,
    SECRET,
    VALUES,
    Webhook,
    called,
    configuration,
    free_port,
    running,
    served,
)

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("policies", "no_secret")]

SLOPPY = policy_manifest("sloppy", selector={"issuerRef": {}}, allowedDNSNames=["*example.com"])


LIFE = timedelta(days=365)


def is_called(admin: Client) -> bool:
    """Say whether a policy that is written is looked at."""
    return any("CRP201 no-dot: spec." in text for text in admin.warnings(SLOPPY))


def fingerprints(webhook: Webhook) -> set[bytes]:
    return {each.public_bytes(Encoding.PEM) for each in webhook.authorities}


@pytest.mark.timeout(150)
def test_cas_and_leaves_are_exchanged_under_load_without_one_failed_admission(
    cluster: ControlPlane, admin: Client
) -> None:
    """With failurePolicy Fail every failure is an error of the API server."""
    lives = ["--webhook-ca-duration=40s", "--webhook-leaf-cert-duration=6s"]
    with served(cluster, *lives, failurePolicy="Fail") as webhook:
        wait_until(lambda: is_called(admin), SECONDS, "it is not called")
        failures, done, ended = [], [0], threading.Event()

        def load() -> None:
            client = cluster.client()
            while not ended.is_set():
                try:
                    client.warnings(SLOPPY)
                    done[0] += 1
                except APIError as error:
                    failures.append(str(error))

        authorities, leaves = set[bytes](), set[int]()
        with ThreadPoolExecutor(8) as pool:
            loads = [pool.submit(load) for _ in range(8)]
            started = datetime.now(UTC)
            while datetime.now(UTC) - started < timedelta(seconds=60):
                authorities |= fingerprints(webhook)
                leaves.add(webhook.leaf().serial_number)
                threading.Event().wait(1)
            ended.set()
            for each in loads:
                each.result()
        assert not failures
        assert done[0] > 500
        assert len(authorities) >= 4
        assert len(leaves) >= 8


def test_a_secret_that_is_deleted_comes_back_with_the_same_cas(
    cluster: ControlPlane, admin: Client
) -> None:
    with served(cluster) as webhook:
        before = fingerprints(webhook)
        assert len(before) == 2
        admin.delete("Secret", SECRET, APPROVER_NAMESPACE)
        wait_until(lambda: exists(admin), SECONDS, "it does not come back")
        assert fingerprints(webhook) == before
        assert is_called(admin)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"ca.crt": "", "ca.key": ""},
        {"ca.crt": base64.b64encode(b"\0garbage").decode(), "ca.key": ""},
    ],
)
def test_a_secret_that_is_emptied_or_overwritten_has_the_same_cas_again(
    cluster: ControlPlane, admin: Client, data: dict[str, str] | None
) -> None:
    with served(cluster) as webhook:
        before = fingerprints(webhook)
        admin.patch("Secret", SECRET, {"data": data}, APPROVER_NAMESPACE)
        wait_until(lambda: has_cas(webhook, before), SECONDS, "they do not come back")
        assert is_called(admin)


def test_a_certificate_without_a_key_of_ours_is_taken_out_again(
    cluster: ControlPlane, admin: Client
) -> None:
    """Whoever put it there would be believed by the API server."""
    with served(cluster) as webhook:
        before = webhook.authorities
        stranger = pki.Authority("stranger").pair.certificate.encode()
        ours = b"".join(each.public_bytes(Encoding.PEM) for each in before)
        data = {"ca.crt": encoded(ours + stranger)}
        admin.patch("Secret", SECRET, {"data": data}, APPROVER_NAMESPACE)
        wait_until(lambda: webhook.authorities == before, SECONDS, "it stays")
        assert is_called(admin)


def test_cas_of_another_are_trusted_beside_ours_and_do_not_sign(
    cluster: ControlPlane, admin: Client
) -> None:
    """As if a replica that has not heard of ours had written its own."""
    then = datetime.now(UTC) - timedelta(days=30)
    other = Authorities((Authority.make(then, LIFE),))
    data = {"ca.crt": encoded(other.certificates), "ca.key": encoded(other.keys)}
    with served(cluster) as webhook:
        before, signer = fingerprints(webhook), issuer(webhook.leaf())
        admin.patch("Secret", SECRET, {"data": data}, APPROVER_NAMESPACE)
        wait_until(lambda: fingerprints(webhook) > before, SECONDS, "it is not taken up")
        assert issuer(webhook.leaf()) == signer
        assert is_called(admin)


def test_cas_that_are_over_at_the_start_are_replaced(cluster: ControlPlane, admin: Client) -> None:
    then = datetime.now(UTC) - timedelta(days=400)
    old = Authorities().with_new(then, timedelta(days=30))
    admin.apply(secret(old))
    with served(cluster) as webhook:
        assert webhook.leaf().not_valid_after_utc > datetime.now(UTC) + timedelta(days=6)
        assert is_called(admin)


def test_replicas_share_their_cas_and_either_can_go(cluster: ControlPlane, admin: Client) -> None:
    with served(cluster) as first:
        port = free_port()
        with running(cluster, port) as approver:
            second = Webhook(approver, port, admin)
            for each in (first, second):
                assert believed(each)
            before = fingerprints(first)
            first.approver.kill()
            admin.delete("Secret", SECRET, APPROVER_NAMESPACE)
            wait_until(lambda: exists(admin), 2 * SECONDS, "the other one does not put it back")
            assert fingerprints(second) == before
            admin.apply(configuration(port, VALUES))
            wait_until(lambda: is_called(admin), SECONDS, "it is not called")


def test_it_is_ready_once_its_certificate_is_trusted(cluster: ControlPlane, admin: Client) -> None:
    port = free_port()
    flags = ["--webhook-ca-injection=cainjector"]
    with called(admin, port), running(cluster, port, *flags, wait=False) as approver:
        approver.wait_for_line("deciding")

        def missing() -> str:
            return approver.answer("probes", "/readyz").text

        wait_until(lambda: "no CA is trusted yet" in missing(), SECONDS, "it is ready")
        webhook = Webhook(approver, port, admin)
        wait_until(lambda: exists(admin), SECONDS, "there is no Secret")
        bundle = admin.get("Secret", SECRET, APPROVER_NAMESPACE)["data"]["ca.crt"]
        inject(admin, bundle)
        wait_until(approver.ready, SECONDS, "it is not ready")
        assert believed(webhook)
        inject(admin, encoded(Authorities().with_new(datetime.now(UTC), LIFE).certificates))
        wait_until(lambda: "not trusted" in missing(), SECONDS, "it is ready")


@pytest.mark.timeout(120)
def test_cainjector_has_them_trusted(cluster: ControlPlane, admin: Client) -> None:
    """With the chart's own values: the approver has no right on configurations then."""
    port = free_port()
    values = {"admission": {"policies": {"enabled": True}}}
    flags = ["--webhook-ca-injection=cainjector"]
    with cluster.cainjector(), called(admin, port, values), running(cluster, port, *flags) as found:
        wait_until(lambda: is_called(admin), SECONDS, "it is not called")
        assert believed(Webhook(found, port, admin))


def test_a_webhook_that_is_applied_no_more_is_gone(cluster: ControlPlane, admin: Client) -> None:
    """GitOps applies what is left: if its bundle were applied, too, a half of it would stay."""
    with served(cluster) as webhook:
        wait_until(lambda: is_called(admin), SECONDS, "it is not called")
        without = {**VALUES, "admission": {**VALUES["admission"], "requests": {}}}
        admin.apply(configuration(webhook.port, without))
        left = admin.get("ValidatingWebhookConfiguration", NAME)["webhooks"]
        assert [each["name"] for each in left] == ["policies.policy-approver.io"]
        assert is_called(admin)


def test_the_secret_goes_with_the_configuration(cluster: ControlPlane, admin: Client) -> None:
    """The cluster's garbage collector removes what belongs to nobody any more."""

    def owners() -> list[str]:
        found = admin.get("Secret", SECRET, APPROVER_NAMESPACE)["metadata"]
        return [each["uid"] for each in found.get("ownerReferences", [])]

    def uid() -> str:
        found = admin.get("ValidatingWebhookConfiguration", NAME)
        return str(found["metadata"]["uid"])

    with served(cluster) as webhook:
        wait_until(lambda: owners() == [uid()], SECONDS, "it belongs to nobody")
        first = uid()
        admin.delete("ValidatingWebhookConfiguration", NAME)
        admin.apply(configuration(webhook.port, VALUES))
        assert uid() != first
        wait_until(lambda: owners() == [uid()], SECONDS, "it belongs to one that is gone")


def test_without_a_configuration_nobody_waits_for_it(cluster: ControlPlane) -> None:
    with running(cluster, free_port()) as approver:
        assert approver.ready()


def test_turned_off_it_is_called_no_more(scene: Scene, cluster: ControlPlane) -> None:
    with served(cluster):
        pass
    scene.policy("another", allowedDNSNames=["*example.com"])
    assert not is_called(scene.admin)


def exists(admin: Client) -> bool:
    return any(
        each["metadata"]["name"] == SECRET for each in admin.list("Secret", APPROVER_NAMESPACE)
    )


def has_cas(webhook: Webhook, cas: set[bytes]) -> bool:
    try:
        return fingerprints(webhook) == cas
    except ValueError:
        return False


def encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


def issuer(leaf: x509.Certificate) -> x509.Name:
    return leaf.issuer


def secret(authorities: Authorities) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": APPROVER_NAMESPACE},
        "data": {
            "ca.crt": encoded(authorities.certificates),
            "ca.key": encoded(authorities.keys),
        },
    }


def inject(admin: Client, bundle: str) -> None:
    """Do as cainjector does."""
    configuration = admin.get("ValidatingWebhookConfiguration", "policy-approver-webhook")
    changes = [
        {"op": "add", "path": f"/webhooks/{n}/clientConfig/caBundle", "value": bundle}
        for n in range(len(configuration["webhooks"]))
    ]
    admin.patch("ValidatingWebhookConfiguration", "policy-approver-webhook", changes)


def believed(webhook: Webhook) -> bool:
    """Connect as the API server does, with the CAs of the Secret."""
    authorities = "".join(each.public_bytes(Encoding.PEM).decode() for each in webhook.authorities)
    context = ssl.create_default_context(cadata=authorities)
    answer = httpx.post(f"https://{HOST}:{webhook.port}/policies", verify=context, trust_env=False)
    return answer.status_code == httpx.codes.BAD_REQUEST
