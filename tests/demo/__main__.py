"""Show cert-manager issue what the policies allow, and nothing else: `make demo`."""

import argparse
import base64
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cryptography import x509

from tests.controlplane import binaries, chart
from tests.controlplane.client import APIError, Client
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.manifests import Manifest, certificate_authority, condition, load, namespace
from tests.running import Approver
from tests.webhook.served import VALUES, served

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "policies" / "minio.yaml"
CERTIFICATES = Path(__file__).parent / "certificates.yaml"
NAMESPACE = "minio"
SECONDS = 30


class SurpriseError(Exception):
    """Something did not go as the demo says it does."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave it running at the end")
    keep = parser.parse_args().keep
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    try:
        check_offline()
        for product in binaries.PRODUCTS:
            binaries.find(product)
        tell("A control plane starts: etcd, kube-apiserver, cert-manager's webhook and controllers")
        with ControlPlane() as cluster:
            run(cluster, keep=keep)
    except (SurpriseError, binaries.BuildError, AssertionError, TimeoutError) as error:
        sys.stdout.flush()
        sys.stderr.write(f"the demo failed: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0 if keep else 130
    tell(f"All went as it should, in {time.monotonic() - started:.0f} s")
    return 0


def check_offline() -> None:
    """Decide the Certificates without any cluster."""
    tell("Offline first: what would be decided?")
    command = [sys.executable, "-m", "approver", "check", str(POLICY), str(CERTIFICATES)]
    result = subprocess.run(command, check=False, timeout=SECONDS)
    if result.returncode != 1:
        raise SurpriseError(f"approver check ended with {result.returncode}, not 1")


def run(cluster: ControlPlane, *, keep: bool) -> None:
    """Install everything, ask for the certificates and look at what becomes of them."""
    admin = cluster.client()
    chart.install_chart(admin, VALUES)
    admin.apply(namespace(NAMESPACE), *certificate_authority(NAMESPACE, name="demo-ca"))
    tell(f"policies/{POLICY.name} is applied; the approver runs with the permissions of its chart")
    admin.apply(*load(POLICY))
    with served(cluster) as webhook:
        approver = webhook.approver
        admin.wait_for("CertificateRequestPolicy", "minio", has("Ready", "True"), timeout=SECONDS)
        admin.apply(*load(CERTIFICATES))
        show_issued(admin, "api")
        show_denied(admin, "wrong-name", "allowedDNSNames")
        show_denied(admin, "own-ca", "allowedIsCA")
        show_metrics(approver)
        tell("The API server asks the approver at once, before anything is stored")
        show_refused(admin, POLICY)
        show_warned(admin, CERTIFICATES)
        if keep:
            tell("It stays until Ctrl-C. In another terminal:")
            say(f"export KUBECONFIG={cluster.kubeconfig()}")
            say(f"kubectl -n {NAMESPACE} get certificates,certificaterequests")
            say(f"kubectl -n {NAMESPACE} describe certificaterequest wrong-name-1")
            say("kubectl explain certificaterequestpolicy.spec")
            signal.pause()
        if status := approver.stop():
            raise SurpriseError(f"the approver ended with {status}")


def show_issued(admin: Client, name: str) -> None:
    """Wait for a Certificate to be issued, and verify its chain with the CA."""
    request = decided(admin, name, "Approved")
    admin.wait_for("Certificate", name, has("Ready", "True"), NAMESPACE, timeout=SECONDS)
    data = admin.get("Secret", name, NAMESPACE)["data"]
    leaf, authority = (
        x509.load_pem_x509_certificate(base64.b64decode(data[key])) for key in ("tls.crt", "ca.crt")
    )
    leaf.verify_directly_issued_by(authority)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    say(f"ISSUED      {name}: {', '.join(names.get_values_for_type(x509.DNSName))}")
    say(f"            {request['message']}; the chain verifies with the CA")


def show_denied(admin: Client, name: str, field: str) -> None:
    """Wait for a Certificate to be refused for a field, and see that nothing was signed."""
    request = decided(admin, name, "Denied")
    if field not in request["message"]:
        raise SurpriseError(f"{name}: {request['message']} does not name {field}")
    admin.wait_for("Certificate", name, has("Issuing", "False"), NAMESPACE, timeout=SECONDS)
    if any(secret["metadata"]["name"] == name for secret in admin.list("Secret", NAMESPACE)):
        raise SurpriseError(f"{name} was denied, and yet there is a Secret")
    say(f"NOT ISSUED  {name}")
    say(f"            {request['message']}")


def show_refused(admin: Client, file: Path) -> None:
    """Write a policy with a rule that does not compile, and see that it is refused there."""
    (policy,) = (each for each in load(file) if each["kind"] == "CertificateRequestPolicy")
    rule = {"rule": "request.dnsName.size() < 3", "message": "two names at the most"}
    try:
        admin.create(
            {**policy, "metadata": {"name": "typo"}, "spec": {**policy["spec"], "rules": [rule]}}
        )
    except APIError as error:
        say("REFUSED     CertificateRequestPolicy typo")
        for cause in error.causes:
            say(f"            {cause['field']}: {cause['message']}")
        if error.causes and error.causes[0]["field"] == "spec.rules[0]":
            return
        raise SurpriseError(f"it is not the rule that is refused: {error}") from error
    raise SurpriseError("a policy with a rule that does not compile is stored")


def show_warned(admin: Client, file: Path) -> None:
    """Create a Certificate that would be denied, and see that whoever does so is told."""
    wrong = next(each for each in load(file) if each["metadata"]["name"] == "wrong-name")
    wrong["metadata"]["name"] = "another"
    warnings = admin.warnings(wrong)
    say("WARNED      Certificate another")
    for text in warnings:
        say(f"            {text.removeprefix('299 - ')}")
    if not any("would be denied" in text for text in warnings):
        raise SurpriseError("nobody is warned of a Certificate that would be denied")


def decided(admin: Client, name: str, kind: str) -> Manifest:
    """Wait until the request of a Certificate is decided, and give the condition."""
    request = admin.wait_for(
        "CertificateRequest",
        f"{name}-1",
        lambda found: condition(found, "Approved") or condition(found, "Denied"),
        NAMESPACE,
        timeout=SECONDS,
    )
    decision = condition(request, kind)
    if decision is None:
        raise SurpriseError(f"{name} is not {kind}: {request['status']}")
    return decision


def show_metrics(approver: Approver) -> None:
    """Read what a dashboard would."""
    tell("What Prometheus sees")
    samples = approver.metrics()
    for sample, value in samples.items():
        if sample.startswith(
            ("policy_approver_decisions_total", "policy_approver_violations_total")
        ):
            say(f"{sample} {value:.0f}")
    counts = {
        decision: sum(
            value
            for sample, value in samples.items()
            if sample.startswith("policy_approver_decisions_total")
            and f'decision="{decision}"' in sample
        )
        for decision in ("approved", "denied")
    }
    if counts != {"approved": 1, "denied": 2}:
        raise SurpriseError(f"the metrics count {counts}")


def has(kind: str, status: str) -> Callable[[Manifest], bool]:
    return lambda found: (condition(found, kind) or {}).get("status") == status


def tell(text: str) -> None:
    say(f"\n== {text}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
