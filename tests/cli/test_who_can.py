"""`approver who-can` proves who can have what, and shows how."""

import json
from pathlib import Path

import pytest

from approver.cli import main

POLICIES = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: shop}
spec:
  selector: {namespace: {matchNames: [shop]}}
  allowedDNSNames: ["*.shop.example.com"]
  allowedCommonName: ""
  allowedIsCA: false
  maxDuration: 720h
  allowedPrivateKey: {allowedAlgorithm: RSA, minSize: 2048}
---
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: ruled}
spec:
  selector: {namespace: {matchNames: [lab]}}
  allowed:
    dnsNames:
      validations:
        - {rule: "self.endsWith('.lab')"}
        - {rule: "size(self) < 3 || self.startsWith('a')"}
"""


@pytest.fixture
def ask(tmp_path: Path) -> object:
    (tmp_path / "policies.yaml").write_text(POLICIES)

    def run(*arguments: str) -> int:
        return main(["who-can", *arguments, str(tmp_path / "policies.yaml")])

    return run


@pytest.mark.parametrize(
    ("question", "status", "said"),
    [
        (["--host=db.shop.example.com"], 1, "YES       by shop"),
        (["--host=db.shop.example.org", "--namespace=shop"], 0, "nobody; 2 of 2 policies proven"),
        (["--dns=*.shop.example.com", "--namespace=shop"], 1, "namespace shop"),
        (["--wildcard", "--namespace=shop"], 1, "dns *.shop.example.com"),
        (["--ca"], 0, "nobody"),
        (["--duration=>720h", "--namespace=shop"], 0, "nobody"),
        (["--duration=<720h", "--namespace=shop"], 1, "1h, RSA 2048"),
        (["--key=RSA<2048", "--namespace=shop"], 0, "nobody"),
        (["--key=RSA>2048", "--namespace=shop"], 1, "RSA 3072"),
        (["--namespace=elsewhere"], 0, "nobody"),
        (["--cn=x", "--namespace=shop"], 0, "nobody"),
        (["--usage=client auth", "--as=alice", "--namespace=shop"], 1, "by alice"),
        (["--dns=a.lab", "--namespace=lab"], 1, "YES       by ruled"),
        (["--dns=*.shop", "--namespace=lab"], 0, "nobody"),
        (["--dns=b*", "--namespace=lab"], 3, "UNKNOWN   ruled: spec.allowed.dnsNames"),
    ],
)
def test_it_answers(
    ask: object,
    question: list[str],
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert callable(ask)
    assert ask(*question) == status
    assert said in capsys.readouterr().out


def test_a_host_is_had_by_a_wildcard_above_it_too(
    ask: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(ask)
    assert ask("--host=shop.example.com", "--namespace=shop") == 0  # one label deeper only
    assert ask("--host=a.b.shop.example.com", "--dns=*b.shop.example.com") == 1
    assert "dns" in capsys.readouterr().out


def test_json_has_the_whole_example(ask: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(ask)
    assert ask("--host=db.shop.example.com", "-o", "json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == 1
    (way,) = found["ways"]
    assert way["policy"] == "shop"
    assert way["example"]["namespace"] == "shop"
    assert way["example"]["request"]


@pytest.mark.parametrize("flag", ["--duration=soon", "--key=RSA<1", "--key=DSA", "--usage=x"])
def test_what_cannot_be_asked_is_refused(
    ask: object, flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(ask)
    with pytest.raises(SystemExit) as ended:
        ask(flag)
    assert ended.value.code == 2
    assert flag.partition("=")[0] in capsys.readouterr().err


def test_nothing_to_ask_about_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.yaml").write_text("kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n")
    assert main(["who-can", "--ca", str(tmp_path)]) == 2
    assert "no policy in the files" in capsys.readouterr().err
