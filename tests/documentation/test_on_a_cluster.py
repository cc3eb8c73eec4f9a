"""The commands and policies of the pages on a real API server, on which Helm has installed us."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml

from tests.controlplane import binaries
from tests.controlplane.client import KINDS
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ADMIN, ALICE, APPROVER, APPROVER_NAMESPACE
from tests.controlplane.manifests import (
    Manifest,
    certificate,
    certificate_request,
    decision_of,
    grant,
    namespace,
    use,
)
from tests.controlplane.waiting import wait_until
from tests.documentation.pages import NEED_A_CLUSTER, Script, having, pieces, scripts, why_not
from tests.examples import policy_manifest
from tests.running import ROOT, Approver

pytestmark = pytest.mark.cluster

SECONDS = 60
INSTALL = "helm install policy-approver deploy/charts/policy-approver --create-namespace -n"
PLACEHOLDERS = {
    "NS": APPROVER_NAMESPACE,
    "NAMESPACE": "shop",
    "NAME": "web",
    "REQUESTER": ALICE.name,
}
SCRIPTS = having(scripts(), NEED_A_CLUSTER)
POLICIES = {
    name: said
    for name, text in pieces()
    if (said := yaml.safe_load(text)).get("kind") == "CertificateRequestPolicy"
}


class Shell:
    """Runs lines at the top of the repository, as the administrator of a cluster."""

    def __init__(self, cluster: ControlPlane) -> None:
        home = cluster.directory / "home"
        programs, self._work = home / "bin", home / "work"
        programs.mkdir(parents=True)
        for name in ("approver", "kubectl-approver"):
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} -m approver "$@"\n')
            (programs / name).chmod(0o755)
        (programs / "helm").symlink_to(binaries.find("helm"))
        self._work.mkdir()
        for folder in ("crds", "deploy", "policies"):
            (self._work / folder).symlink_to(ROOT / folder)
        self._environment = {
            "HOME": str(home),
            "KUBECONFIG": str(cluster.kubeconfig(ADMIN)),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }

    def run(self, line: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", line],
            cwd=self._work,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """Give one, of a cluster that has what the pages speak of, and in which an approver decides."""
    with ControlPlane() as cluster:
        shell = Shell(cluster)
        installed = shell.run(f"{INSTALL} {APPROVER_NAMESPACE}")
        assert installed.returncode == 0, installed.stderr
        admin = cluster.client()
        path = KINDS["CertificateRequestPolicy"].path(None)
        wait_until(lambda: admin.serves(path), SECONDS, "the definition is not served")
        admin.apply(namespace("shop"), namespace("monitoring"))
        admin.apply(*grant("use-web", use("web"), ALICE))
        admin.create(policy_manifest("web", selector={"namespace": {}}, allowedIsCA=False))
        admin.create(certificate("web", "shop"))
        admin.create(authority_secret())
        with Approver(cluster.kubeconfig(APPROVER)):
            admin.create(certificate_request("web", "shop"))
            admin.wait_for("CertificateRequest", "web", decision_of, "shop", timeout=SECONDS)
            yield shell


def authority_secret() -> Manifest:
    """Give the one that a controller makes which serves a webhook."""
    metadata = {"name": "policy-approver-webhook-ca", "namespace": APPROVER_NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_commands_do_what_they_say(shell: Shell, script: Script) -> None:
    reasons = {line: why_not(script, line) for line in script.lines}
    if all(reasons.values()):
        pytest.skip("; ".join(reasons.values()))
    for line in (line for line, reason in reasons.items() if not reason):
        if "kubectl" in line and not shutil.which("kubectl"):
            pytest.skip("there is no kubectl")
        done = shell.run(as_it_runs_here(line))
        answers = {0, 1} if "approver " in line else {0}  # 1: not all is, or would be, approved
        assert done.returncode in answers, done.stderr
        assert done.stdout or "No resources found" in done.stderr or ">" in line


def as_it_runs_here(line: str) -> str:
    """Fill in names, and allow for what Helm has installed; it is asked what it would do to it."""
    line = re.sub(r"\s+# .*", "", line).replace(".venv/bin/", "")
    for name, value in PLACEHOLDERS.items():
        line = re.sub(rf"\b{name}\b", value, line)
    if line.endswith("deploy/install.yaml"):
        line += " --force-conflicts"
    return re.sub(r"^helm (install|upgrade) ", "helm upgrade --install --dry-run=server ", line)


@pytest.mark.parametrize("manifest", POLICIES.values(), ids=POLICIES)
def test_policies_are_taken(shell: Shell, manifest: Manifest) -> None:
    text = shlex.quote(json.dumps(manifest))
    done = shell.run(f"echo {text} | kubectl create --dry-run=server --validate=strict -f -")
    assert done.returncode == 0, done.stderr


def test_there_are_such() -> None:
    assert len(SCRIPTS) > 20
    assert POLICIES
