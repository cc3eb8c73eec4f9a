"""What `replay` says of draft policies is what a controller with them decides."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.population import NAMESPACES, Population
from tests.controlplane import ControlPlane
from tests.controlplane.identities import ADMIN, APPROVER
from tests.controlplane.manifests import decision_of
from tests.controlplane.waiting import wait_until
from tests.running import ROOT, Approver

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

REQUESTS = 500
SECONDS = 90
CONTENT = ("CertificateRequest", "Role", "RoleBinding")
VERDICTS = {"Approved": "approved", "Denied": "denied"}


@pytest.fixture
def population(cluster: ControlPlane, installed_chart: object) -> Iterator[Population]:
    """Let people ask where there is no policy yet, and nobody decides."""
    del installed_chart
    population = Population(7, policies=24, requests=REQUESTS)
    admin = cluster.client()
    admin.apply(*population.namespaces, *population.access)
    for asking in population.requests:
        cluster.client(asking.by).create(asking.manifest)
    yield population
    admin.delete_all("CertificateRequestPolicy")
    for name in NAMESPACES:
        for kind in CONTENT:
            admin.delete_all(kind, name)
    for manifest in population.access:
        if "namespace" not in manifest["metadata"]:
            admin.delete(manifest["kind"], manifest["metadata"]["name"])


def replayed(cluster: ControlPlane, policies: Path) -> dict[str, Any]:
    """Run `approver replay` with the right to see everything."""
    kubeconfig = f"--kubeconfig={cluster.kubeconfig(ADMIN)}"
    program = [sys.executable, "-W", "error", "-m", "approver", "replay", kubeconfig]
    done = subprocess.run(
        [*program, "--all-requests", "-o", "json", str(policies)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def decided(cluster: ControlPlane) -> dict[tuple[str, str], str]:
    admin = cluster.client()
    return {
        (namespace, request["metadata"]["name"]): VERDICTS[found["type"]]
        for namespace in NAMESPACES
        for request in admin.list("CertificateRequest", namespace)
        if (found := decision_of(request))
    }


def test_the_same_verdicts(population: Population, cluster: ControlPlane, tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(yaml.safe_dump_all(population.policies))

    found = replayed(cluster, file)

    changes = {(each["namespace"], each["request"]): each["new"] for each in found["changes"]}
    assert found["unchanged"] + len(changes) == len(population.requests)
    expected = {key: verdict for key, verdict in changes.items() if verdict in VERDICTS.values()}
    assert len(Counter(expected.values())) == len(VERDICTS)

    cluster.client().apply(*population.policies)
    with Approver(cluster.kubeconfig(APPROVER)):
        wait_until(
            lambda: len(decided(cluster)) >= len(expected),
            SECONDS,
            "fewer are decided than were foretold",
        )
    assert decided(cluster) == expected
