"""Every piece of YAML and of Python on the pages is what it is for."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import approver
from approver import Policy
from approver.cli import main
from approver.crd import own_schema
from tests.controlplane import binaries
from tests.controlplane.manifests import certificate_request, load
from tests.documentation.pages import PAGES, blocks, pieces
from tests.examples import example_policies
from tests.running import ROOT

PIECES = dict(pieces())
_ALL_OF_A_POLICY = {"apiVersion", "kind", "metadata", "spec"}


@pytest.mark.parametrize("text", PIECES.values(), ids=PIECES)
def test_yaml(text: str, tmp_path: Path) -> None:
    said = yaml.safe_load(text)
    match said:
        case {"kind": "CertificateRequestPolicy"} if said.keys() <= _ALL_OF_A_POLICY:
            policy = Policy.parse(said)
            assert policy.ready, policy.problems
        case {"kind": "PolicyTest"}:
            for file in example_policies():
                shutil.copy(file, tmp_path)
            (tmp_path / "page.approver-test.yaml").write_text(text)
            assert main(["test", str(tmp_path)]) == 0
        case {"validations": _} | {"ipAddresses": _} | {"uris": _} | {"dnsNames": _}:
            fields = {"dnsNames": said} if "validations" in said else said
            spec: dict[str, Any] = {"selector": {"namespace": {}}, "allowed": fields}
            policy = Policy.parse({"metadata": {"name": "page"}, "spec": spec})
            assert policy.ready, policy.problems
        case {"scrape_configs": _} | {"rule_files": _}:
            for job in said.get("scrape_configs", []):
                assert job.pop("kubernetes_sd_configs")  # Debian's Prometheus is built without it
            file = tmp_path / "prometheus.yaml"
            file.write_text(yaml.safe_dump(said))
            check = [str(binaries.find("promtool")), "check", "config", "--syntax-only", str(file)]
            done = subprocess.run(check, capture_output=True, text=True, timeout=50, check=False)
            assert done.returncode == 0, done.stderr
        case _:
            pytest.fail(f"nobody knows what this is for: {sorted(said)}")


def test_there_are_such() -> None:
    assert len(PIECES) > 4


def test_python() -> None:
    """As a library, it decides as the page says, and has what the contract names."""
    (policy,) = (each for each in load(ROOT / "policies" / "minio.yaml") if "spec" in each)
    request = certificate_request("web", "shop")
    found = 0
    for page in PAGES:
        for block in blocks(page):
            if "approver.Policy.parse(" in block:
                names = {"approver": approver, "objects": [policy], "obj": request}
                exec(block, names)  # noqa: S102 - it is ours
                assert names["decision"].verdict == "unmatched"  # type: ignore[attr-defined]
                found += 1
    assert found == 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page: Path) -> None:
    """A threat whose test has gone is a threat that nothing is known to stand against."""
    for name in re.findall(r"`((?:tests|deploy|crds|policies)/[\w./-]+)`", page.read_text()):
        assert (ROOT / name).exists(), name


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def test_metrics_that_pages_name_exist() -> None:
    known = (ROOT / "docs" / "metrics.md").read_text()
    for page in PAGES:
        for name in re.findall(r"`(policy_approver_\w+)", page.read_text()):
            assert f"`{re.sub('_(bucket|sum|count)$', '', name)}`" in known, (page.name, name)


def test_fields_that_approver_policy_has_not_are_named() -> None:
    """What its definition lacked in August 2026, by `approver.crd.missing_fields`."""
    page = (ROOT / "docs" / "migration.md").read_text()
    for path in (
        *("selector.issuerRefs", "selector.namespace.matchExpressions", "selector.requester"),
        *("mode", "rules", "minDuration", "maxDuration"),
        *("allowed.extensions", "allowed.otherUsages", "allowed.nameConstraints"),
    ):
        assert f"`{path}`" in page
        assert field(path), path


def field(path: str) -> object:
    """Look up a field of policies in our definition."""
    schema: Any = own_schema()["properties"]["spec"]
    for name in path.split("."):
        schema = schema["properties"].get(name, {})
    return schema
