"""`approver replay`: what would change of the requests in a dump, in every form."""

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from approver.cli import main
from tests.cli.conftest import Run
from tests.controlplane.manifests import certificate, certificate_request
from tests.examples import policy_manifest

SELECTOR: dict[str, Any] = {"namespace": {}}


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """Write three requests that the policies there approve, deny and have nothing to say of."""
    items = [
        policy_manifest("web", selector=SELECTOR, allowedDNSNames=["*.example.com"]),
        *(
            certificate_request(name, namespace, username="alice", duration="2160h")
            for name, namespace in (("a", "shop"), ("=b", "shop"), ("c", "bank"))
        ),
    ]
    items[1]["metadata"]["annotations"] = {"cert-manager.io/certificate-name": "a"}
    file = tmp_path / "dump.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return file


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """Write the policy as it is to be."""
    (tmp_path / "policies").mkdir()
    selector = {"namespace": {"matchNames": ["shop"]}}
    spec: dict[str, Any] = {"allowedDNSNames": ["*.example.com"], "maxDuration": "720h"}
    manifest = policy_manifest("web", selector=selector, **spec)
    (tmp_path / "policies" / "web.yaml").write_text(yaml.safe_dump(manifest))
    return tmp_path / "policies"


def test_what_breaks_is_grouped_by_cause(
    dump: Path, draft: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", f"--file={dump}", str(draft)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "3 requests, the newest of 1 Certificates counting: 1 policies there -> 1 policies",
        "",
        "BROKEN: approved until now  3",
        "     2  web: spec.maxDuration: 2160h is not within the maximum, 720h",
        "        shop/a  approved -> denied  next renewal: now",
        "        shop/=b  approved -> denied  no Certificate asks again",
        "     1  no policy that selects it is bound to the requester",
        "        bank/c  approved -> unmatched  no Certificate asks again",
        "",
        "unchanged  0",
    ]


def test_the_same_policies_change_nothing(
    dump: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "same").mkdir()
    manifest = policy_manifest("web", selector=SELECTOR, allowedDNSNames=["*.example.com"])
    (tmp_path / "same" / "web.yaml").write_text(yaml.safe_dump(manifest))
    assert main(["replay", f"--file={dump}", str(tmp_path / "same")]) == 0
    assert "No verdict changes." in capsys.readouterr().out


def test_a_dump_in_yaml_says_the_same(
    dump: Path, draft: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["replay", "-o", "json", f"--file={dump}", str(draft)])
    expected = capsys.readouterr().out
    other = tmp_path / "dump.yaml"
    other.write_text(yaml.safe_dump(json.loads(dump.read_text())))
    assert main(["replay", "-o", "json", f"--file={other}", str(draft)]) == 1
    assert capsys.readouterr().out == expected


def test_every_form_has_every_change(
    dump: Path, draft: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {form: tmp_path / form for form in ("jsonl", "csv", "html", "policyreport")}
    outputs = [f"-o={form}={file}" for form, file in files.items()]
    main(["replay", *outputs, "-o", "json", f"--file={dump}", str(draft)])

    changes = json.loads(capsys.readouterr().out)["changes"]
    assert [change["new"] for change in changes] == ["denied", "denied", "unmatched"]
    lines = files["jsonl"].read_text().splitlines()
    assert [json.loads(line) for line in lines] == changes
    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text())))
    assert [row["request"] for row in rows] == ["a", "'=b", "c"]
    page = files["html"].read_text()
    assert page.count("approved → ") == len(changes)
    assert "://" not in page
    report = json.loads(files["policyreport"].read_text())
    assert report["summary"]["fail"] == len(report["results"]) == len(changes)


@pytest.mark.parametrize(("fail_on", "status"), [("any", 1), ("broken", 1), ("gained", 0)])
def test_the_exit_status_is_about_what_counts(
    dump: Path, draft: Path, fail_on: str, status: int
) -> None:
    assert main(["replay", f"--fail-on={fail_on}", f"--file={dump}", str(draft)]) == status


def test_what_was_decided_then_may_be_compared(
    dump: Path, draft: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "--then", f"--file={dump}", str(draft)]) == 1
    assert "undecided -> denied" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there is no request to look at"),
        ("{", "dump: after 0 objects: not JSON that can be read"),
        ('{"items": 1}', "dump #1: not a Kubernetes object"),
        ('{"kind": "List", "items": [1]}', "dump #1: not a Kubernetes object"),
        ('{"kind": "List" "items": []}', "not JSON that can be read"),
        ('{"kind": "List", "items": [' + "[" * 100_000, "not JSON that can be read"),
        ("\x00", "not YAML"),
        ("items:\n- kind: A\n- b: *y\n", "dump:3:6: not YAML"),
        (
            json.dumps({**certificate_request("a", "shop"), "spec": {}}),
            "dump #1: CertificateRequest a: spec: object missing required field",
        ),
        (
            '{"apiVersion": "v1", "kind": "Namespace", "metadata": 1}',
            "dump #1: Namespace: metadata: expected",
        ),
        ('{"items": []}', "there is no request to look at"),
    ],
)
def test_bad_input_is_told_in_a_line(
    tmp_path: Path, draft: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (tmp_path / "dump").write_text(text)
    assert main(["replay", f"--file={tmp_path / 'dump'}", str(draft)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert told in line


def test_there_must_be_policies(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["replay", f"--file={dump}", str(tmp_path / "empty")]) == 2


def test_a_dump_on_standard_input(dump: Path, draft: Path, approver: Run) -> None:
    from_file = approver("replay", f"--file={dump}", str(draft))
    piped = approver("replay", "--file=-", str(draft), stdin=dump.read_text())
    assert (piped.returncode, piped.stdout) == (1, from_file.stdout)


def test_whoever_breaks_the_same_rule_is_in_one_group_whatever_was_asked(
    draft: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = (
        certificate_request(f"by-{hours}", "shop", duration=f"{hours}h") for hours in (721, 2160)
    )
    items = [policy_manifest("web", selector=SELECTOR, allowedDNSNames=["*.example.com"])]
    (tmp_path / "dump").write_text(json.dumps({"kind": "List", "items": [*items, *requests]}))
    main(["replay", f"--file={tmp_path / 'dump'}", str(draft)])
    assert "     2  web: spec.maxDuration: 2160h" in capsys.readouterr().out


def test_certificates_say_when_they_are_renewed_and_those_that_are_gone_never(
    draft: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = {"late": "2999-05-01T00:00:00Z", "early": "2999-01-01T00:00:00Z"}
    items = [policy_manifest("web", selector=SELECTOR, allowedDNSNames=["*.example.com"])]
    for name in (*kept, "gone"):
        request = certificate_request(name, "shop", duration="2160h")
        request["metadata"]["annotations"] = {"cert-manager.io/certificate-name": name}
        items.append(request)
    for name, renewal in kept.items():
        items.append({**certificate(name, "shop"), "status": {"renewalTime": renewal}})
    (tmp_path / "dump").write_text(json.dumps({"kind": "List", "items": items}))

    main(["replay", "-o=jsonl", f"--file={tmp_path / 'dump'}", str(draft)])

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["certificate"] for row in rows] == ["early", "late", "gone"]
    assert [row["renewal"] for row in rows] == [
        "2999-01-01T00:00:00+00:00",
        "2999-05-01T00:00:00+00:00",
        None,
    ]


def test_only_requests_of_some_time(
    draft: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = [policy_manifest("web", selector=SELECTOR, allowedDNSNames=["*.example.com"])]
    for name, created in (("old", "2020-01-01T00:00:00Z"), ("new", "2999-01-01T00:00:00Z")):
        request = certificate_request(name, "shop", duration="2160h")
        request["metadata"]["creationTimestamp"] = created
        items.append(request)
    (tmp_path / "dump").write_text(json.dumps({"kind": "List", "items": items}))
    main(["replay", "--since=1h", "-o=jsonl", f"--file={tmp_path / 'dump'}", str(draft)])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["request"] for row in rows] == ["new"]


def test_nothing_that_a_requester_has_chosen_is_run_in_the_page(
    draft: Path, tmp_path: Path
) -> None:
    hostile = "<script>alert(1)</script>"
    request = certificate_request("a", "shop", duration="2160h")
    request["metadata"]["annotations"] = {"cert-manager.io/certificate-name": hostile}
    items = [policy_manifest("web", selector=SELECTOR, allowedDNSNames=["*.example.com"]), request]
    (tmp_path / "dump").write_text(json.dumps({"kind": "List", "items": items}))

    main(["replay", f"-o=html={tmp_path / 'page'}", f"--file={tmp_path / 'dump'}", str(draft)])

    page = Page()
    page.feed((tmp_path / "page").read_text())
    assert f"shop/{hostile}" in page.texts
    assert {"script", "img", "link"}.isdisjoint(page.tags)
    policy = page.metas["http-equiv", "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert page.metas["name", "viewport"] == "width=device-width, initial-scale=1"


class Page(HTMLParser):
    """What a browser finds on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: set[str] = set()
        self.metas: dict[tuple[str, str | None], str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "meta" and len(attrs) > 1:
            self.metas[attrs[0]] = dict(attrs)["content"]

    def handle_data(self, data: str) -> None:
        self.texts.add(data.strip())
