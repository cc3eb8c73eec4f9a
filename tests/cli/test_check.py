"""`approver check` decides manifests offline."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from approver.cli import main
from tests.cli.conftest import Run
from tests.controlplane.manifests import certificate_request
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
    captured = capsys.readouterr()
    assert captured.out == (
        f"APPROVED  Certificate team-a/www  by web  ({tmp_path}/certificate.yaml:1)\n"
        "1 request: 1 approved\n"
    )
    assert captured.err == "All 1 policies count as bound: bindings do not count.\n"


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
    assert "APPROVED  Ingress team-a/www, Certificate www-tls  by web" in said
    assert "DENIED    Ingress team-a/www, Certificate a-tls  (" in said


def test_ingress_without_annotations_asks_for_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = INGRESS.replace("cert-manager.io/", "other.example.com/")
    assert check(tmp_path, ingress=plain) == 2
    assert "nor an Ingress or Gateway whose annotations ask" in capsys.readouterr().err


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "-o", "json", policy=POLICY, certificate=CERTIFICATE) == 0
    [decision] = json.loads(capsys.readouterr().out)["requests"]
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
    assert "APPROVED  CSR default/www  by web" in capsys.readouterr().out


def test_requester_of_a_request_that_names_none(tmp_path: Path) -> None:
    (tmp_path / "www.csr").write_text(signing_request("", "DNS:www.example.com"))
    flags = ("--issuer=ca", "--duration=24h", "--namespace=team-a")
    account = "--as=system:serviceaccount:cert-manager:cert-manager"
    assert check(tmp_path, *flags, account, policy=POLICY, rbac=BINDING) == 0
    assert check(tmp_path, *flags, "--as=alice") == 1


def test_a_request_of_a_cluster_that_names_no_requester_is_bound_to_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = certificate_request("www", "team-a", duration="24h")
    assert check(tmp_path, policy=POLICY, rbac=BINDING, request=json.dumps(request)) == 0
    request["metadata"]["uid"] = "0c5e2a5e-0000-4000-8000-000000000000"
    assert check(tmp_path, request=json.dumps(request)) == 1
    assert "UNMATCHED CertificateRequest team-a/www" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({}, "no CertificateRequest, Certificate or CSR in the files"),
        (
            {"policy": POLICY.replace("720h", "720"), "certificate": CERTIFICATE},
            "policy.yaml:7:3: CertificateRequestPolicy web: spec.maxDuration: 720 is not of type",
        ),
        (
            {"policy": POLICY + "  maxDuration: 1h\n", "certificate": CERTIFICATE},
            "policy.yaml:8:3: not YAML: 'maxDuration' is set twice",
        ),
        ({"broken": "kind: [\n"}, "broken.yaml:2:1: not YAML: "),
        (
            {"one": POLICY, "two": POLICY, "certificate": CERTIFICATE},
            "two.yaml:4:3: CertificateRequestPolicy web: metadata.name: web is defined twice",
        ),
        (
            {"request": REQUEST.replace("AAAA", "5")},
            "request.yaml:5:3: CertificateRequest a: spec.request: expected `str`, got `int`",
        ),
        (
            {"certificate": CERTIFICATE.replace("[www.example.com]", "www.example.com")},
            "certificate.yaml:8:3: Certificate team-a/www: spec.dnsNames: expected `array`",
        ),
        (
            {"certificate": CERTIFICATE.replace("dnsNames", "dnsName")},
            "certificate.yaml:6:1: Certificate team-a/www: spec: object contains unknown field",
        ),
        (
            {"certificate": CERTIFICATE.replace("ECDSA", "ECC")},
            "certificate.yaml:10:16: Certificate team-a/www: spec.privateKey.algorithm: inv",
        ),
        (
            {"certificate": CERTIFICATE.replace("kind: Certificate", "kind: Certficate")},
            "certificate.yaml:2:1: Certficate team-a/www: kind: cert-manager.io/v1 has no",
        ),
        (
            {"policy": POLICY.replace("v1alpha1", "v1"), "certificate": CERTIFICATE},
            "policy.yaml:1:1: CertificateRequestPolicy web: apiVersion: policy.cert-manager.io/v1",
        ),
        (
            {"certificate": CERTIFICATE.replace("name: www\n  namespace", "namespace")},
            "certificate.yaml:3:1: Certificate team-a: metadata.name: is required",
        ),
        (
            {"rbac": BINDING.replace("rules:", "rules: 5\nother:"), "certificate": CERTIFICATE},
            "rbac.yaml:4:1: Role team-a/use-web: rules: expected `array | null`, got `int`",
        ),
        (
            {"certificate": CERTIFICATE.replace("ECDSA", "RSA, size: 1")},
            "certificate.yaml:10:32: Certificate team-a/www: spec.privateKey.size: no RSA",
        ),
        (
            {"ingress": INGRESS.replace("720h", "90d")},
            "ingress.yaml:6:3: Ingress team-a/www: metadata.annotations: cert-manager.io/duration",
        ),
        (
            {"list": "{apiVersion: v1, kind: List, items: 5}"},
            "list.yaml:1:30: List: items: must be",
        ),
    ],
)
def test_unusable_input_names_the_file_the_line_and_the_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], error: str
) -> None:
    assert check(tmp_path, **files) == 2
    captured = capsys.readouterr()
    told = [line for line in captured.err.splitlines() if line.startswith("approver check: ")]
    assert len(told) == 1
    assert error in told[0]


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


def test_all_errors_of_all_files_are_told_and_the_rest_is_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = CERTIFICATE.replace("www", "bad").replace("ECDSA", "ECC")
    assert check(tmp_path, a="kind: [\n", policy=POLICY, b=wrong, certificate=CERTIFICATE) == 2
    captured = capsys.readouterr()
    assert "APPROVED  Certificate team-a/www" in captured.out
    assert "a.yaml:2:1: not YAML" in captured.err
    assert "b.yaml:10:16: Certificate team-a/bad: spec.privateKey.algorithm" in captured.err


def test_of_many_errors_the_first_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, **{f"f{number:02}": "kind: [" for number in range(25)}) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "approver check: and 5 more errors"


def test_policies_alone_are_checked_for_validity(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, policy=POLICY) == 0
    assert capsys.readouterr().out == "VALID     web\n1 of 1 policies are valid\n"

    broken = POLICY.replace("name: web", "name: broken") + "  rules: [{rule: request.nam == ''}]\n"
    assert check(tmp_path, broken=broken) == 1
    said = capsys.readouterr().out
    assert "INVALID   broken\n          spec.rules[0]" in said
    assert "1 of 2 policies are valid" in said


def test_a_rule_whose_regular_expression_always_fails_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doubtful = POLICY + "  rules: [{rule: \"request.name.matches('(')\"}]\n"
    assert check(tmp_path, policy=doubtful) == 0
    warning = 'spec.rules[0]: a call with "(" always fails: it is no regular expression'
    assert capsys.readouterr().out.splitlines()[:2] == [
        "VALID     web",
        f"          warning: {warning}",
    ]

    assert check(tmp_path, request=CERTIFICATE) == 1
    assert f"web: {warning}" in capsys.readouterr().err


def test_the_other_files_of_a_repository_are_passed_over_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = {
        "values": "replicas: 1\n",
        "template": 'kind: Deployment\nmetadata: {{ include "x" . }}\n{{- if .Values.a }}\n',
        "kustomization": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
        "deployment": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n",
    }
    assert check(tmp_path, policy=POLICY, certificate=CERTIFICATE, **others) == 0
    assert "4 other objects or files were passed over." in capsys.readouterr().err


@pytest.mark.parametrize("text", ["replicas: 1\n", "a: {{ .Values.x }}\n{{- end }}\n"])
def test_what_is_named_itself_is_not_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "values.yaml").write_text(text)
    assert main(["check", str(tmp_path / "values.yaml")]) == 2
    assert "values.yaml" in capsys.readouterr().err


OTHER_ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: read, namespace: team-a}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
"""


def test_roles_about_other_things_are_no_reason_to_ask_for_bindings(tmp_path: Path) -> None:
    assert check(tmp_path, policy=POLICY, certificate=CERTIFICATE, other=OTHER_ROLE) == 0
    assert check(tmp_path, "--bindings=required") == 1


def test_bindings_can_be_ignored(tmp_path: Path) -> None:
    other = CERTIFICATE.replace("team-a", "team-b")
    assert check(tmp_path, policy=POLICY, certificate=other, rbac=BINDING) == 1
    assert check(tmp_path, "--bindings=ignore") == 0


def test_doubtful_bindings_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doubtful = BINDING.replace("[web]", '["*"]').replace(
        "kind: Role, name: use-web", "kind: Role, name: x"
    )
    assert check(tmp_path, policy=POLICY, certificate=CERTIFICATE, rbac=doubtful) == 1
    said = capsys.readouterr().err
    assert 'Role team-a/use-web: resourceNames ["*"] is no pattern' in said
    assert "binding team-a/use-web: there is no Role x in the files" in said


def test_cert_manager_may_run_under_another_account(tmp_path: Path) -> None:
    elsewhere = BINDING.replace("namespace: cert-manager", "namespace: pki")
    assert check(tmp_path, policy=POLICY, certificate=CERTIFICATE, rbac=elsewhere) == 1
    assert check(tmp_path, "--cert-manager-account=pki/cert-manager") == 0


def test_a_user_has_the_groups_that_the_api_server_adds(tmp_path: Path) -> None:
    to_all = BINDING[: BINDING.index("subjects:")] + (
        "subjects:\n  - {kind: Group, name: 'system:serviceaccounts:ci'}\n"
    )
    (tmp_path / "www.csr").write_text(signing_request("", "DNS:www.example.com"))
    flags = ("--issuer=ca", "--duration=24h", "--namespace=team-a")
    assert (
        check(tmp_path, *flags, "--as=system:serviceaccount:ci:bot", policy=POLICY, rbac=to_all)
        == 0
    )
    assert check(tmp_path, *flags, "--as=alice") == 1


def test_an_issuer_of_another_group(tmp_path: Path) -> None:
    (tmp_path / "www.csr").write_text(signing_request("", "DNS:www.example.com"))
    of_step = (
        POLICY + "  allowedIssuer: [{name: ca, kind: StepIssuer, group: certmanager.step.sm}]\n"
    )
    flags = ("--duration=24h", "--issuer=StepIssuer.certmanager.step.sm/ca")
    assert check(tmp_path, *flags, policy=of_step) == 0
    assert check(tmp_path, "--duration=24h", "--issuer=StepIssuer/ca") == 1


def test_der_is_read(tmp_path: Path) -> None:
    pem = signing_request("", "DNS:www.example.com")
    (tmp_path / "www.der").write_bytes(base64.b64decode("".join(pem.splitlines()[1:-1])))
    assert check(tmp_path, "--issuer=ca", "--duration=24h", policy=POLICY) == 0


def test_standard_input_is_read(approver: Run) -> None:
    result = approver("check", "-", stdin=f"{POLICY}---\n{CERTIFICATE}")
    assert result.returncode == 0
    assert "APPROVED  Certificate team-a/www  by web  (-:9)" in result.stdout


def test_null_is_as_good_as_nothing(tmp_path: Path) -> None:
    nulls = POLICY + "  allowedSubject: null\n  selector: {issuerRef: null}\n"
    unset = CERTIFICATE + "  usages: null\n  subject: null\n"
    assert check(tmp_path, policy=nulls, certificate=unset) == 0


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: " + "[" * 30_000, "nested more than 100 levels deep"),
        ("".join(f"{'  ' * depth}a:\n" for depth in range(150)), "nested more than 100 levels"),
        (
            "a0: &a0 [x]\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)),
            "more than 1000000 values, with what aliases stand for",
        ),
        ("a: &a [*a]\n", "more than 1000000 values"),
        ("rule: !self.startsWith('a')\n", "quote a text that begins with an exclamation mark"),
        ("kind: " + "x" * 10_000 + "\nkind: a\n", "'kind' is set twice"),
    ],
)
def test_bad_input_is_refused_in_one_short_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, error: str
) -> None:
    assert check(tmp_path, bad=text) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert error in line
    assert len(line) <= 500


def test_a_terminal_that_knows_no_umlauts_is_no_reason_to_fail(
    approver: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    (tmp_path / "all.yaml").write_text(
        f"{POLICY}---\n{CERTIFICATE}".replace("[www", "[b\u00fccher, www")
    )
    result = approver("check", "all.yaml")
    assert result.returncode in {1, 2}
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("output", ["/dev/full", None])
def test_a_result_that_cannot_be_written_is_no_answer(tmp_path: Path, output: str | None) -> None:
    (tmp_path / "all.yaml").write_text(f"{POLICY}---\n{CERTIFICATE}")
    redirect = f">{output}" if output else ">&-"
    command = f"{sys.executable} -m approver check all.yaml {redirect}"
    result = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == (3 if output else 0)
    assert "Traceback" not in result.stderr
