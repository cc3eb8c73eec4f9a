"""`approver check` decides manifests offline."""

import json
from pathlib import Path

import pytest

from approver.cli import main
from tests.cli.conftest import Run
from tests.controlplane.pki import signing_request

POLICY = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata:
  name: web
spec:
  allowedDNSNames: ["*.example.com"]
  maxDuration: 720h
"""
CERTIFICATE = """\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: www
  namespace: team-a
spec:
  secretName: www
  dnsNames: [www.example.com]
  duration: 720h
  privateKey: {algorithm: ECDSA}
  issuerRef: {name: ca}
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: www
  namespace: team-a
  annotations: {cert-manager.io/issuer: ca, cert-manager.io/duration: 720h}
spec:
  tls: [{hosts: [www.example.com], secretName: www-tls}, {hosts: [a.test], secretName: a-tls}]
"""
REQUEST = """\
apiVersion: cert-manager.io/v1
kind: CertificateRequest
metadata: {name: a}
spec:
  request: AAAA
  issuerRef: {name: ca}
"""
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: use-web, namespace: team-a}
rules:
  - apiGroups: [policy.cert-manager.io]
    resources: [certificaterequestpolicies]
    resourceNames: [web]
    verbs: [use]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: use-web, namespace: team-a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: use-web}
subjects:
  - {kind: ServiceAccount, namespace: cert-manager, name: cert-manager}
"""


def check(folder: Path, *arguments: str, **files: str) -> int:
    """Write files, one for each argument, and check the folder."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return main(["check", str(folder), *arguments])


def test_approved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, policy=POLICY, certificate=CERTIFICATE) == 0
    assert capsys.readouterr().out == (
        f"Certificate team-a/www: APPROVED  ({tmp_path}/certificate.yaml:1)\n"
        '  Approved by CertificateRequestPolicy: "web"\n'
        "  web: approves\n"
    )


def test_denied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = CERTIFICATE.replace("www.example.com", "www.example.org")
    assert check(tmp_path, policy=POLICY, certificate=wrong) == 1
    assert '"www.example.org" does not match "*.example.com"' in capsys.readouterr().out


def test_certificate_without_a_duration_asks_for_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unset = CERTIFICATE.replace("  duration: 720h\n", "")
    assert check(tmp_path, policy=POLICY, certificate=unset) == 1
    assert "spec.maxDuration" in capsys.readouterr().out


def test_ingress_asks_for_a_certificate_of_each_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, policy=POLICY, ingress=INGRESS) == 1
    said = capsys.readouterr().out
    assert "Ingress team-a/www, Certificate www-tls: APPROVED" in said
    assert "Ingress team-a/www, Certificate a-tls: DENIED" in said


def test_ingress_without_annotations_asks_for_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = INGRESS.replace("cert-manager.io/", "other.example.com/")
    assert check(tmp_path, policy=POLICY, ingress=plain) == 2
    assert "nor an Ingress or Gateway whose annotations ask" in capsys.readouterr().err


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "-o", "json", policy=POLICY, certificate=CERTIFICATE) == 0
    [decision] = json.loads(capsys.readouterr().out)
    assert decision["name"] == "www"
    assert decision["verdict"] == "approved"
    assert decision["policies"]["web"] == {
        "ready": True,
        "problems": [],
        "selected": True,
        "bound": True,
        "evaluated": "approved",
        "violations": [],
    }


def test_bindings_count_if_there_are_any(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, policy=POLICY, certificate=CERTIFICATE, rbac=BINDING) == 0
    elsewhere = BINDING.replace("namespace: team-a", "namespace: team-b")
    assert check(tmp_path, rbac=elsewhere) == 1
    assert "web: not bound to the requester" in capsys.readouterr().out


def test_namespaces_bring_their_labels(tmp_path: Path) -> None:
    labelled = POLICY + "  selector: {namespace: {matchLabels: {team: a}}}\n"
    namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: team-a, labels: {team: a}}}"
    assert check(tmp_path, policy=labelled, certificate=CERTIFICATE) == 1
    assert check(tmp_path, namespace=namespace) == 0


def test_csr_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "www.csr").write_text(signing_request("", "DNS:www.example.com"))
    assert check(tmp_path, policy=POLICY) == 2
    assert "say with --issuer whom this CSR is for" in capsys.readouterr().err
    assert check(tmp_path, "--issuer=ca", "--duration=24h") == 0
    assert "CSR default/www: APPROVED" in capsys.readouterr().out


def test_requester_of_a_request_that_names_none(tmp_path: Path) -> None:
    (tmp_path / "www.csr").write_text(signing_request("", "DNS:www.example.com"))
    flags = ("--issuer=ca", "--duration=24h", "--namespace=team-a")
    account = "--as=system:serviceaccount:cert-manager:cert-manager"
    assert check(tmp_path, *flags, account, policy=POLICY, rbac=BINDING) == 0
    assert check(tmp_path, *flags, "--as=alice") == 1


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"policy": POLICY}, "no CertificateRequest, Certificate or CSR in the files"),
        (
            {"policy": POLICY.replace("720h", "720"), "certificate": CERTIFICATE},
            "policy.yaml:7: CertificateRequestPolicy web: spec.maxDuration: 720 is not of type",
        ),
        (
            {"policy": POLICY + "  maxDuration: 1h\n", "certificate": CERTIFICATE},
            "policy.yaml:8: not YAML: 'maxDuration' is set twice",
        ),
        ({"broken": "kind: [\n"}, "broken.yaml:2: not YAML: "),
        ({"other": "just text\n"}, "other.yaml:1: not a Kubernetes object"),
        (
            {"one": POLICY, "two": POLICY, "certificate": CERTIFICATE},
            "two.yaml:4: CertificateRequestPolicy web: metadata.name: web is defined twice",
        ),
        (
            {"request": REQUEST.replace("AAAA", "5")},
            "request.yaml:5: CertificateRequest a: spec.request: expected `str`, got `int`",
        ),
        (
            {"certificate": CERTIFICATE.replace("[www.example.com]", "www.example.com")},
            "certificate.yaml:8: Certificate team-a/www: spec.dnsNames: expected `array`",
        ),
        (
            {"certificate": CERTIFICATE.replace("dnsNames", "dnsName")},
            "certificate.yaml:6: Certificate team-a/www: spec: object contains unknown field",
        ),
        (
            {"certificate": CERTIFICATE.replace("ECDSA", "ECC")},
            "certificate.yaml:10: Certificate team-a/www: spec.privateKey.algorithm: invalid enum",
        ),
        (
            {"certificate": CERTIFICATE.replace("kind: Certificate", "kind: Certficate")},
            "certificate.yaml:2: Certficate team-a/www: kind: cert-manager.io/v1 has no such kind",
        ),
        (
            {"policy": POLICY.replace("v1alpha1", "v1"), "certificate": CERTIFICATE},
            "policy.yaml:1: CertificateRequestPolicy web: apiVersion: policy.cert-manager.io/v1",
        ),
        (
            {"certificate": CERTIFICATE.replace("name: www\n  namespace", "namespace")},
            "certificate.yaml:3: Certificate team-a: metadata.name: is required",
        ),
        (
            {"rbac": BINDING.replace("rules:", "rules: 5\nother:"), "certificate": CERTIFICATE},
            "rbac.yaml:4: Role team-a/use-web: rules: expected `array | null`, got `int`",
        ),
        (
            {"certificate": CERTIFICATE.replace("ECDSA", "RSA, size: 1")},
            "certificate.yaml:10: Certificate team-a/www: spec.privateKey.size: no RSA key has 1",
        ),
        (
            {"ingress": INGRESS.replace("720h", "90d")},
            "ingress.yaml:6: Ingress team-a/www: metadata.annotations: cert-manager.io/duration",
        ),
        ({"list": "{apiVersion: v1, kind: List, items: 5}"}, "list.yaml:1: List: items: must be"),
        ({"template": "{{ .Values.x }}: 5\n"}, "template.yaml"),
    ],
)
def test_unusable_input_names_the_file_the_line_and_the_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], error: str
) -> None:
    assert check(tmp_path, **files) == 2
    captured = capsys.readouterr()
    assert error in captured.err
    assert captured.err.count("\n") == 1
    assert not captured.out


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml: No such file or directory" in capsys.readouterr().err
    (tmp_path / "latin.yaml").write_bytes("kind: M\u00fcller".encode("latin-1"))
    assert main(["check", str(tmp_path)]) == 2
    assert "latin.yaml" in capsys.readouterr().err


def test_kubernetes_client_is_never_imported(
    approver: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "all.yaml").write_text(f"{POLICY}---\n{CERTIFICATE}")
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    result = approver("check", "all.yaml")
    assert result.returncode == 0
    assert "cryptography" in result.stderr
    assert "kubernetes_asyncio" not in result.stderr
    assert "aiohttp" not in result.stderr
