"""`approver test`: suites of tests, which cannot pass for the wrong reason."""

import json
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from approver.cli import main
from tests.cli.conftest import Run
from tests.running import ROOT

POLICY = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: web}
spec:
  selector: {namespace: {matchNames: [web]}}
  allowedDNSNames: ["*.web.example.com"]
  maxDuration: 24h
"""
HEAD = """\
apiVersion: test.policy.cert-manager.io/v1alpha1
kind: PolicyTest
defaults: {namespace: web, duration: 1h}
tests:
"""
SERVER = """\
  - name: a server
    request: {dns: [a.web.example.com]}
    expect: approved
    by: web
"""


def run(folder: Path, tests: str, *arguments: str, policy: str = POLICY, head: str = HEAD) -> int:
    (folder / "policy.yaml").write_text(policy)
    (folder / "web.approver-test.yaml").write_text(head + tests)
    return main(["test", str(folder), *arguments])


def case(request: str, expect: str, because: str = "") -> str:
    reasons = f"    because: {because}\n" if because else ""
    return f"  - name: a test\n    request: {request}\n    expect: {expect}\n{reasons}"


APPROVED = "{dns: [a.web.example.com]}"
DENIED = "{dns: [a.shop.example.com]}"
UNMATCHED = "{dns: [a.web.example.com], namespace: shop}"
INVALID = "{extensions: [1.2.3.4]}"
REQUESTS = {
    "approved": APPROVED,
    "denied": DENIED,
    "unmatched": UNMATCHED,
    "invalid": INVALID,
}


@pytest.mark.parametrize("expected", [*REQUESTS, "waiting"])
@pytest.mark.parametrize("verdict", REQUESTS)
def test_no_verdict_stands_for_another(tmp_path: Path, verdict: str, expected: str) -> None:
    assert run(tmp_path, case(REQUESTS[verdict], expected)) == (0 if verdict == expected else 1)


def test_waiting_is_a_verdict_of_its_own(tmp_path: Path) -> None:
    broken = POLICY.replace("24h", "-1h")
    waiting = case(APPROVED, "waiting", "{web: [{field: spec.maxDuration}]}")
    assert run(tmp_path, waiting, policy=broken) == 0


@pytest.mark.parametrize(
    ("because", "status"),
    [
        ("{web: any}", 0),
        ("{web: [{field: spec.allowedDNSNames}]}", 1),  # there is a second reason
        ("{web: [{field: spec.allowedDNSNames}, {field: spec.maxDuration}]}", 0),
        ("{web: [{field: spec.allowedDNSNames, value: x}, {field: spec.maxDuration}]}", 1),
        ("{web: [{field: spec.allowedDNSNames}, {field: spec.allowedURIs}]}", 1),
    ],
)
def test_reasons_are_exact(tmp_path: Path, because: str, status: int) -> None:
    asked = "{dns: [a.shop.example.com], duration: 48h}"
    assert run(tmp_path, case(asked, "denied", because)) == status


def test_the_rule_that_refuses_a_request(tmp_path: Path) -> None:
    assert run(tmp_path, case(INVALID, "invalid", "{request: extensions}")) == 0
    assert run(tmp_path, case(INVALID, "invalid", "{request: key}")) == 1


def test_the_policy_that_approves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = POLICY.replace("{name: web}", "{name: all}").replace("*.web.", "*.")
    assert run(tmp_path, SERVER, policy=f"{POLICY}---\n{other}") == 1
    assert "APPROVED by all" in capsys.readouterr().out


def test_only_failures_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, SERVER + case(DENIED, "approved")) == 1
    said = capsys.readouterr().out
    assert "a server" not in said
    assert f"FAIL  a test  ({tmp_path}/web.approver-test.yaml:9)" in said
    assert '"a.shop.example.com" does not match "*.web.example.com"' in said
    assert said.endswith("FAILED: 1 of 2\n")

    assert run(tmp_path, SERVER, "-v") == 0
    assert "PASS  a server" in capsys.readouterr().out


def test_each_value_is_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    each = "  - name: all\n    each: {dns: [a.web.example.com, b.test]}\n    expect: denied\n"
    assert run(tmp_path, each) == 1
    assert "dns a.web.example.com: got       APPROVED by web" in capsys.readouterr().out


def test_a_certificate_asks_as_cert_manager_does(tmp_path: Path) -> None:
    certificate = (
        "  - name: no duration\n"
        "    certificate: {dnsNames: [a.web.example.com], issuerRef: {name: ca}}\n"
        "    expect: denied\n    because: {web: [{field: spec.maxDuration}]}\n"
    )
    assert run(tmp_path, certificate) == 0


def test_a_duration_can_be_left_out(tmp_path: Path) -> None:
    asked = "{dns: [a.web.example.com], duration: none}"
    assert run(tmp_path, case(asked, "denied", "{web: [{field: spec.maxDuration}]}")) == 0


def test_all_that_can_be_asked_for(tmp_path: Path) -> None:
    request = """{dns: [a.web.example.com], ips: [192.0.2.1], uris: ["spiffe://a/b"],
      emails: [a@example.com], otherNames: [{oid: 1.2.3, value: x}], cn: c, o: [o], ou: [u],
      c: [DE], l: [l], st: [s], street: [s], postalCode: ["1"], serial: "2", usages: [server auth],
      key: RSA-2048, ca: true, issuer: ClusterIssuer.example.com/ca, as: alice, groups: [dev],
      name: n, annotations: {cert-manager.io/x: y}, extensions: []}"""
    # Every value is denied by a policy that permits nothing, and none is forgotten.
    policy = POLICY[: POLICY.index("  allowed")] + "  allowed: {}\n"
    fields = [
        *("commonName", "dnsNames", "ipAddresses", "uris", "emailAddresses", "isCA", "usages"),
        *("otherNames[1.2.3]", "subject.organizations", "subject.organizationalUnits"),
        *("subject.countries", "subject.localities", "subject.provinces"),
        *("subject.streetAddresses", "subject.postalCodes", "subject.serialNumber"),
    ]
    because = ", ".join(f'{{field: "spec.allowed.{field}"}}' for field in fields)
    assert run(tmp_path, case(request, "denied", f"{{web: [{because}]}}"), policy=policy) == 0


def test_labels_of_namespaces(tmp_path: Path) -> None:
    policy = POLICY.replace("matchNames: [web]", "matchLabels: {tier: gold}")
    head = HEAD.replace("tests:", "cluster: {namespaces: {web: {tier: gold}}}\ntests:")
    assert run(tmp_path, case(APPROVED, "approved"), policy=policy, head=head) == 0
    assert run(tmp_path, case(APPROVED, "unmatched"), policy=policy) == 0


def test_bindings_count_if_it_is_said(tmp_path: Path) -> None:
    head = HEAD.replace("tests:", "cluster: {bound: by-manifests}\ntests:")
    assert run(tmp_path, case(APPROVED, "unmatched"), head=head) == 0
    assert run(tmp_path, case(APPROVED, "approved"), head=head.replace("by-manifests", "all")) == 0


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        (SERVER.replace("dns:", "dsn:"), ":6:15: PolicyTest: tests[0].request.dsn: no such key: d"),
        (SERVER.replace("expect", "expects"), "did you mean expect?"),
        (SERVER.replace("approved", "aproved"), "'aproved' is not one of"),
        (SERVER.replace("by: web", "by: wbe"), "there is no policy wbe: did you mean web?"),
        (SERVER + SERVER, "'a server' is there already"),
        (
            SERVER.replace("    request: {dns: [a.web.example.com]}\n", ""),
            "needs request or each or certificate",
        ),
        ("  []\n", "[] should be non-empty"),
        (case(DENIED, "denied", "{wbe: any}"), "there is no policy wbe: did you mean web?"),
        (case(DENIED, "denied", "{web: [{field: spec.dnsNames}]}"), "has no field spec.dnsNames"),
        (case("{duration: 1d}", "denied"), "tests[0].request.duration: 1d is not a Go duration"),
        (case("{key: DSA-1}", "denied"), "tests[0].request.key: 'DSA-1' is not like"),
        (case("{csr: none.csr}", "denied"), "none.csr cannot be read"),
        (case("{ips: [x]}", "denied"), "'x'"),
    ],
)
def test_what_is_wrong_with_a_suite_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tests: str, said: str
) -> None:
    assert run(tmp_path, tests) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_nothing_to_run_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(tmp_path)]) == 2
    assert "no file named *.approver-test.yaml" in capsys.readouterr().err
    assert run(tmp_path, SERVER, "-k", "nobody") == 2
    assert run(tmp_path, SERVER, policy=POLICY.replace("24h", "24")) == 2
    (tmp_path / "policy.yaml").unlink()
    assert main(["test", str(tmp_path)]) == 2


def test_some_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, SERVER + case(DENIED, "approved"), "-k", "SERV") == 0
    assert "passed: 1 of 1" in capsys.readouterr().out


def test_json_and_junit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "junit.xml"
    arguments = ("-o", "json", "-o", f"junit={file}")
    assert run(tmp_path, SERVER + case(DENIED, "approved"), *arguments) == 1
    [suite] = json.loads(capsys.readouterr().out)["files"]
    assert [(test["status"], test["got"]) for test in suite["tests"]] == [
        ("passed", "approved"),
        ("failed", "denied"),
    ]
    [element] = ET.parse(file).getroot()  # noqa: S314 - our own
    assert (element.attrib["tests"], element.attrib["failures"]) == ("2", "1")
    assert element[1].attrib["line"] == "9"


def test_accept_writes_reasons_and_changes_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = f"{case(DENIED, 'denied')}    # a comment\n{SERVER}" + case(INVALID, "invalid").replace(
        "a test", "another"
    )
    assert run(tmp_path, tests, "--accept") == 0
    assert "wrote why into 2 tests" in capsys.readouterr().err
    written = (tmp_path / "web.approver-test.yaml").read_text()
    added = [line for line in written.splitlines() if line not in (HEAD + tests).splitlines()]
    assert added == [
        "    because:",
        "      web:",
        '        - {field: "spec.allowedDNSNames", value: "a.shop.example.com"}',
        "    because:",
        '      request: "extensions"',
    ]
    assert "expect: denied\n    because:" in written
    assert main(["test", str(tmp_path)]) == 0
    assert yaml.safe_load(written)["tests"][1]["by"] == "web"

    run(tmp_path, case(DENIED, "approved"), "--accept")
    assert "because" not in (tmp_path / "web.approver-test.yaml").read_text()


def test_watch_runs_again_when_a_file_changes(tmp_path: Path) -> None:
    run(tmp_path, SERVER)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "approver", "test", str(tmp_path), "--watch"],
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert "1 passed" in process.stdout.readline()
        assert process.stdout.readline() == "passed: 1 of 1\n"
        time.sleep(0.6)
        (tmp_path / "policy.yaml").write_text(POLICY.replace("*.web", "*.shop"))
        assert "1 failed" in process.stdout.readline()
        process.terminate()


def test_the_schema_describes_suites(approver: Run) -> None:
    schema = json.loads(approver("schema", "test").stdout)
    assert schema["properties"]["tests"]["items"]["properties"]["expect"]["enum"] == [
        *("approved", "denied", "unmatched", "waiting", "invalid"),
    ]


COVERED = (
    SERVER
    + case("{dns: [b.other.example.com]}", "denied")
    + case("{dns: [a.web.example.com], duration: 48h}", "denied").replace("a test", "too long")
    + case(UNMATCHED, "unmatched").replace("a test", "elsewhere")
)


def test_coverage_lists_what_nobody_would_notice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, COVERED, "--coverage") == 0
    assert "coverage: 3 of 3 changes are noticed, 100 %" in capsys.readouterr().out

    without = COVERED.replace("duration: 48h", "ips: [192.0.2.1]").replace(
        "expect: denied", "expect: denied", 1
    )
    policy = POLICY + "  allowedIPAddresses: []\n"
    assert run(tmp_path, without, "--coverage-min=90", policy=policy) == 1
    said = capsys.readouterr().out
    assert "web spec.maxDuration  taken away      NOTICED BY NOTHING" in said
    assert "spec.allowedIPAddresses" not in said
    assert run(tmp_path, without, "--coverage-min=75", policy=policy) == 0


def test_the_suite_of_the_readme_passes(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    start = readme.index("    apiVersion: test.policy")
    suite = textwrap.dedent(readme[start : readme.index("\n\n", start)])
    (tmp_path / "minio.approver-test.yaml").write_text(suite)
    shutil.copy(ROOT / "policies" / "minio.yaml", tmp_path)
    assert main(["test", str(tmp_path)]) == 0


def claims(folder: Path, text: str, policy: str = POLICY) -> int:
    return run(folder, text, policy=policy, head=HEAD.replace("tests:", "claims:"))


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("never: {host: db.shop.example.com, namespace: web, cn: ''}", 0),
        ("never: {dns: '*.shop.example.com'}", 0),
        ("never: {dns: '*.web.example.com'}", 1),
        ("never: {dns: '*.web.example.com', namespace: shop}", 0),
        ("never: {duration: '> 24h'}", 0),
        ("never: {duration: '>= 24h'}", 1),
        ("never: {ca: true}", 1),
        ("always: {namespace: web, dns: ['*.web.example.com'], duration: 1h..24h}", 0),
        ("always: {namespace: web, dns: ['*.example.com'], duration: 1h..24h}", 1),
        ("always: {namespace: web, dns: ['*.web.example.com'], duration: 1h..25h}", 1),
        ("always: {namespace: shop, dns: ['*.web.example.com'], duration: 1h}", 1),
        ("always: {namespace: web, dns: ['a.web.example.com'], duration: 1h, usages: [any]}", 0),
    ],
)
def test_a_claim_is_about_all_requests(tmp_path: Path, claim: str, status: int) -> None:
    assert claims(tmp_path, f"  - {claim}\n") == status


def test_a_claim_is_refuted_by_a_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert claims(tmp_path, "  - {name: no CA, never: {ca: true}}\n") == 1
    said = capsys.readouterr().out
    assert f"REFUTED  no CA  ({tmp_path}/web.approver-test.yaml:5)\n" in said
    assert "        approved by web: " in said
    assert said.endswith("FAILED: 1 of 1\n")


def test_what_cannot_be_decided_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ruled = POLICY + '  rules: [{rule: "size(request.namespace) > 5"}]\n'
    assert claims(tmp_path, "  - never: {ca: true}\n", policy=ruled) == 3
    assert "UNDECIDED  never ca True" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("never: {hots: a}", "no such key: did you mean host?"),
        ("never: {duration: long}", "not a Go duration"),
        ("always: {key: DSA}", "'DSA' is not like"),
        ("{name: nothing}", "needs never or always"),
    ],
)
def test_what_is_wrong_with_a_claim(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], claim: str, said: str
) -> None:
    assert claims(tmp_path, f"  - {claim}\n") == 2
    assert said in capsys.readouterr().err
