"""`approver lint`: what it prints, mends and answers."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from approver.cli import main
from tests.cli import sarif
from tests.running import ROOT

POLICY = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata:
  name: web  # of the web team
spec:
  selector: {issuerRef: {name: ca}}
  allowed:
    dnsNames:
      values: ["*.web.svc.cluster.local", "*.web.svc.test", "*.example.com"]
    usages: ["any"]  # of all kinds
"""
CLEAN = POLICY.replace('    usages: ["any"]  # of all kinds\n', "")


def lint(folder: Path, text: str, *arguments: str) -> int:
    file = folder / "policy.yaml"
    file.write_text(text)
    return main(["lint", str(file), *arguments])


def test_a_finding_shows_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(tmp_path, POLICY) == 1
    assert capsys.readouterr().out == (
        f"{tmp_path}/policy.yaml:10:13: error CRP301 usages-any: CertificateRequestPolicy web:"
        ' spec.allowed.usages: permits only the usage "any"; a request for "server auth" is'
        " denied\n"
        '    10 |     usages: ["any"]  # of all kinds\n'
        "       |             ^^^^^^^ fix: list the usages that you mean\n"
        "1 finding in 1 policy (1 error)\n"
    )


def test_nothing_found_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(tmp_path, CLEAN) == 0
    assert capsys.readouterr().out == "no finding in 1 policy\n"


def test_findings_of_severity_info_are_for_the_strict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(tmp_path, CLEAN, "--strict") == 0
    said = capsys.readouterr().out
    assert "info CRP306 no-max-duration" in said
    assert "approved, for example: 876000h, " in said
    assert lint(tmp_path, CLEAN, "--fail-on=info") == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--ignore=CRP301"], 0),
        (["--ignore=usages-any"], 0),
        (["--select=CRP101"], 0),
        (["--select=no-max-duration"], 1),
        (["--exit-zero"], 0),
        (["--fail-on=error"], 1),
    ],
)
def test_which_findings_count(tmp_path: Path, arguments: list[str], status: int) -> None:
    assert lint(tmp_path, POLICY, *arguments) == status


def test_a_silencer_needs_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silenced = POLICY.replace(
        "spec:\n", '  annotations: {lint.policy.cert-manager.io/CRP301: "for tests"}\nspec:\n'
    )
    assert lint(tmp_path, silenced) == 0
    assert lint(tmp_path, silenced.replace("for tests", " ")) == 1
    capsys.readouterr()
    assert lint(tmp_path, silenced.replace('    usages: ["any"]', "    usages: [signing]")) == 1
    assert "CRP009 unused-silencer" in capsys.readouterr().out


MENDED = [
    (
        '      values: [\'*.example.com\', "*.a.example.com",  "*.b.test"] # c\n',
        "      values: ['*.example.com', \"*.b.test\"] # c\n",
    ),
    (
        "      values:\n        # all\n        - '*.example.com'\n        - a.example.com # one\n",
        "      values:\n        # all\n        - '*.example.com'\n",
    ),
    (
        "      validations:\n      - rule: !self.contains('*') # no\n",
        "      validations:\n      - rule: \"!self.contains('*')\" # no\n",
    ),
    (
        "      validations:\n      - rule: self.matches('^\\d$')\n",
        "      validations:\n      - rule: self.matches(r'^\\d$')\n",
    ),
    (
        "      validations:\n      - rule: \"self.matches('^\\\\d$')\"\n",
        "      validations:\n      - rule: \"self.matches(r'^\\\\d$')\"\n",
    ),
    ("    ipAddresses: {values: [2001:0DB8::1] }\n", "    ipAddresses: {values: [2001:db8::1] }\n"),
    (
        "    subject: {postalCodes: {values: [8001, '8002']}}\n",
        "    subject: {postalCodes: {values: [\"8001\", '8002']}}\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), MENDED)
def test_fix_changes_nothing_else(tmp_path: Path, before: str, after: str) -> None:
    start = POLICY[: POLICY.index("      values")]
    if not before.startswith("      "):
        start = start.replace("    dnsNames:\n", "")
    end = "    isCA: false   # kept\r\n"
    file = tmp_path / "policy.yaml"
    file.write_text(start + before + end, newline="")
    main(["lint", str(file), "--fix"])
    assert file.read_bytes().decode() == start + after + end


def test_what_changes_the_meaning_needs_a_word_more(tmp_path: Path) -> None:
    wrong = POLICY.replace("dnsNames", "dnsnames")
    lint(tmp_path, wrong, "--fix")
    assert (tmp_path / "policy.yaml").read_text() == wrong
    lint(tmp_path, wrong, "--fix", "--unsafe")
    assert (tmp_path / "policy.yaml").read_text() == POLICY


def test_diff_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = POLICY.replace('"*.web.svc.cluster.local"', '"a.web.svc.test"')
    assert lint(tmp_path, wrong, "--diff") == 1
    said = capsys.readouterr().out
    assert '-      values: ["a.web.svc.test", "*.web.svc.test", "*.example.com"]\n' in said
    assert (tmp_path / "policy.yaml").read_text() == wrong


def test_rules_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--explain", "no-separator"]) == 0
    assert "CRP402 no-separator (error)" in capsys.readouterr().out
    assert main(["lint", "--list"]) == 0
    assert "CRP001  error    not-yaml" in capsys.readouterr().out
    assert main(["lint", "--explain", "CRP000"]) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: [\n", "policy.yaml:2:1: not YAML"),
        ("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n", "no CertificateRequestPolicy"),
        (POLICY.replace("v1alpha1", "v1"), "policy.yaml:1:1: CertificateRequestPolicy web: api"),
        (POLICY.replace("Policy\n", "Polcy\n"), "policy.cert-manager.io/v1alpha1 has no such kind"),
        ("", "there is nothing in it"),
    ],
)
def test_what_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    assert lint(tmp_path, text) == 2
    assert said in capsys.readouterr().err


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lint(tmp_path, POLICY, "-o", "json")
    said = json.loads(capsys.readouterr().out)
    assert (said["version"], said["policies"]) == (1, 1)
    [finding] = said["findings"]
    place = (finding["id"], finding["severity"], finding["line"], finding["column"])
    assert place == ("CRP301", "error", 10, 13)


@pytest.mark.parametrize("name", ["policy.yaml", "die Regel für alles, 100 %.yaml"])
def test_sarif_is_what_the_standard_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(POLICY)
    for file in (name, str(tmp_path / name)):
        assert main(["lint", "--strict", "-o", "sarif", file]) == 1
        said = json.loads(capsys.readouterr().out)
        jsonschema.Draft202012Validator(sarif.SCHEMA).validate(said)
        for result in said["runs"][0]["results"]:
            rules = said["runs"][0]["tool"]["driver"]["rules"]
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_forms_for_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lint(tmp_path, POLICY, "-o", "sarif")
    [run] = json.loads(capsys.readouterr().out)["runs"]
    [result] = run["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 10, "startColumn": 13, "endColumn": 20}
    [rule] = run["tool"]["driver"]["rules"]
    assert rule["helpUri"].endswith("docs/lint.md#crp301-usages-any")
    fingerprint = result["partialFingerprints"]
    lint(tmp_path, f"# a line more\n{POLICY}", "-o", "sarif")
    [moved] = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert moved["partialFingerprints"] == fingerprint

    lint(tmp_path, POLICY, "-o", "github")
    assert capsys.readouterr().out.startswith(
        f"::error file={tmp_path}/policy.yaml,line=10,col=13,"
    )
    lint(tmp_path, POLICY, "-o", "gitlab")
    [issue] = json.loads(capsys.readouterr().out)
    assert issue["location"]["lines"] == {"begin": 10}
    lint(tmp_path, POLICY, "-o", "junit")
    suites = ET.fromstring(capsys.readouterr().out)  # noqa: S314 - our own
    assert suites.attrib["failures"] == "1"
    assert suites[0][0].attrib["line"] == "10"


def test_the_example_policies_have_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(ROOT / "policies")]) == 0
    assert capsys.readouterr().out == "no finding in 14 policies\n"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfek\x00i\x00n\x00d\x00",
        b"kind: \x00",
        b"\x00\x01\x02",
        b"a:\n\tb: c\n",
        b"a: *b\n",
        b"a: &a [*a]\n",
        b"[" * 20_000,
        b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"kind: {{ .Values.kind }}\n{{- end }}\n",
        b"kind: a\nkind: b\n",
    ],
)
@pytest.mark.parametrize("command", ["lint", "test", "check"])
def test_bad_input_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, content: bytes
) -> None:
    file = tmp_path / "bad.approver-test.yaml"
    file.write_bytes(content)
    assert main([command, str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert all(len(line) <= 500 for line in said.err.splitlines())
    assert "bad.approver-test.yaml" in said.err
    assert "c2VjcmV0" not in said.err
