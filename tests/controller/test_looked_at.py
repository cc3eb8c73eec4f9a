"""`lint`, `who-can` and `diff` look at a real cluster as they do at files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.controller.scene import Scene
from tests.controlplane.identities import ADMIN, ALICE, Identity
from tests.controlplane.manifests import certificate_request, decision
from tests.examples import policy_manifest
from tests.running import ROOT

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

WEB = {"allowedDNSNames": ["*.example.com"], "allowedIsCA": False}


def run(scene: Scene, *arguments: str, who: Identity = ADMIN) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "approver", *arguments]
    return subprocess.run(
        [*command, f"--kubeconfig={scene.cluster.kubeconfig(who)}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def found(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_lint_finds_what_nobody_may_use(scene: Scene) -> None:
    scene.policy("web", **WEB)
    scene.policy("alone", **WEB)
    scene.bind("web")

    said = found(run(scene, "lint", "--cluster", "-o", "json", "--select=unbound"))

    assert [each["name"] for each in said["findings"]] == ["alone"]
    assert said["findings"][0]["file"] == "cluster/CertificateRequestPolicy/alone"


def test_lint_knows_all_namespaces_and_what_a_file_is_to_change(
    scene: Scene, tmp_path: Path
) -> None:
    scene.policy("web", **WEB)
    file = tmp_path / "policies.yaml"
    selector = {"namespace": {"matchNames": [f"{scene.namespace}x"]}}
    file.write_text(yaml.safe_dump(policy_manifest("web", selector=selector, **WEB)))

    said = found(run(scene, "lint", "--cluster", "-o", "json", "--select=CRP704", str(file)))

    [finding] = said["findings"]
    assert (finding["file"], finding["name"]) == (str(file), "web")
    assert finding["hint"] == f"did you mean {scene.namespace}?"


def test_lint_reads_who_has_approved_what(scene: Scene) -> None:
    scene.policy("web", **WEB)
    scene.policy("idle", **WEB)
    for name, reason, message in (
        ("a", "policy.cert-manager.io", 'Approved by CertificateRequestPolicy: "web"'),
        ("b", "cert-manager.io", "Certificate request has been approved by cert-manager.io"),
    ):
        scene.admin.create(certificate_request(name, scene.namespace))
        status = decision("Approved", message)
        status["status"]["conditions"][0]["reason"] = reason
        scene.admin.patch("CertificateRequest", name, status, scene.namespace, subresource="status")

    rules = ("--select=CRP701", "--select=CRP705", "--strict")
    said = found(run(scene, "lint", "--cluster", "-o", "json", *rules))

    assert sorted((each["id"], each["name"]) for each in said["findings"]) == [
        ("CRP701", f"{scene.namespace}/b"),
        ("CRP705", "idle"),
    ]


def test_who_can_counts_the_bindings_of_the_cluster(scene: Scene) -> None:
    scene.policy("web", **WEB)
    scene.policy("alone", **WEB)
    scene.bind("web")
    asked = ("who-can", "--cluster", "--host=db.example.com", f"--namespace={scene.namespace}")

    said = found(run(scene, *asked, f"--as={ALICE.name}", "-o", "json"))

    assert [each["policy"] for each in said["ways"]] == ["web"]
    assert run(scene, *asked, "--as=nobody-in-particular").returncode == 0


def test_diff_says_what_applying_a_folder_would_change(scene: Scene, tmp_path: Path) -> None:
    scene.policy("web", **WEB)
    [live] = [
        each
        for each in scene.admin.list("CertificateRequestPolicy")
        if each["metadata"]["name"] == "web"
    ]
    file = tmp_path / "policies.yaml"
    file.write_text(yaml.safe_dump(policy_manifest("web", **live["spec"])))
    assert run(scene, "diff", "cluster", str(file)).returncode == 0

    wider = {**live["spec"], "allowedDNSNames": ["*.example.com", "*.example.net"]}
    file.write_text(yaml.safe_dump(policy_manifest("web", **wider)))
    done = run(scene, "diff", "--fail-on=gained", "cluster", str(file))

    assert done.returncode == 1
    assert "approved now: dns .example.net" in done.stdout


def test_a_right_that_is_missing_is_named(scene: Scene) -> None:
    done = run(scene, "who-can", "--cluster", "--ca", who=ALICE)

    assert done.returncode == 3
    assert "may not list certificaterequestpolicies" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cluster_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "approver", "lint", "--cluster"]
    done = subprocess.run(
        [*command, f"--kubeconfig={tmp_path / 'none'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 3
    assert "no such file" in done.stderr
