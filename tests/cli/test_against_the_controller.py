"""What `check` says of a cluster's dump is what the controller then decides in that cluster."""

import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.population import NAMESPACES, Population
from tests.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import decision_of, without_hint
from tests.controlplane.waiting import wait_until
from tests.running import Approver

KUBECTL = shutil.which("kubectl")
# As README.md has it.
DUMP = "get crp,cr,ns,roles,rolebindings,clusterroles,clusterrolebindings -A -o yaml"
SECONDS = 60
SETTLING = 20
CONTENT = ("CertificateRequest", "Role", "RoleBinding")

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(240),
    pytest.mark.skipif(KUBECTL is None, reason="there is no kubectl"),
]

Key = tuple[str, str]
"""A request's namespace and name."""
Answer = tuple[str, str]
"""The verdict on a request, and the message."""


@pytest.fixture(params=[2, 3], ids="seed {}".format)
def population(
    request: pytest.FixtureRequest, cluster: ControlPlane, installed_chart: object
) -> Iterator[Population]:
    """Let people ask in a cluster where nobody decides yet."""
    del installed_chart
    population = Population(request.param, policies=36, requests=110)
    admin = cluster.client()
    admin.apply(*population.namespaces, *population.policies, *population.access)
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


def test_the_same_decisions(
    population: Population, cluster: ControlPlane, approver: Run, tmp_path: Path
) -> None:
    checked = approver("check", "-", "-o", "json", stdin=dump(cluster, tmp_path))
    assert "approver check: " not in checked.stderr, checked.stderr
    requests = json.loads(checked.stdout)["requests"]
    offline = {(said["namespace"], said["name"]): said for said in requests}

    assert len(offline) == len(population.requests)

    def differences() -> dict[Key, tuple[Answer, set[Answer]]]:
        allowed = {key: allowed_answers(said, population) for key, said in offline.items()}
        decided.update(decisions(cluster))
        return {
            key: (said, allowed[key]) for key, said in decided.items() if said not in allowed[key]
        }

    decided: dict[Key, Answer] = {}
    with Approver(cluster.kubeconfig(APPROVER)):
        for _ in range(SETTLING):  # what is undecided may wait for rules that are compiled
            if not (found := differences()):
                break
            time.sleep(1)
    assert found == {}
    outcomes = Counter(verdict for verdict, _ in decided.values())
    assert {"approved", "denied", "unmatched", "waiting"} == outcomes.keys(), outcomes


def allowed_answers(said: dict[str, Any], population: Population) -> set[Answer]:
    """Give what the controller may decide where `check` says this.

    While it starts, it approves by the first policy by name among those whose rules are compiled.
    """
    if said["verdict"] != "approved":
        return {(said["verdict"], said["message"])}
    approving = {
        name
        for name, trace in said["policies"].items()
        if trace["selected"] and trace["bound"] and trace["evaluated"] == "approved"
    }
    assert said["policy"] == min(approving - population.audits)
    return {
        ("approved", f'Approved by CertificateRequestPolicy: "{name}"')
        for name in approving - population.audits
    }


def dump(cluster: ControlPlane, tmp_path: Path) -> str:
    command = [str(KUBECTL), f"--kubeconfig={cluster.kubeconfig()}", f"--cache-dir={tmp_path}"]
    return subprocess.run(
        [*command, *DUMP.split()], capture_output=True, text=True, timeout=SECONDS, check=True
    ).stdout


def decisions(cluster: ControlPlane) -> dict[Key, Answer]:
    """Wait until the controller is done, and give the verdict on each request and the message."""
    found: dict[Key, Answer] = {}

    def done() -> bool:
        found.clear()
        for name in NAMESPACES:
            requests = cluster.client().list("CertificateRequest", name)
            notes = undecided(cluster, name)
            for request in requests:
                key = (name, request["metadata"]["name"])
                if decision := decision_of(request):
                    found[key] = (decision["type"].lower(), decision["message"])
                elif note := notes.get(request["metadata"]["uid"]):
                    found[key] = note
                else:
                    return False
        return True

    wait_until(done, SECONDS, "not every request is decided, or said to be undecided")
    return found


def undecided(cluster: ControlPlane, namespace: str) -> dict[str, Answer]:
    """Give what the controller's events say of the requests that it decides not, by UID."""
    verdicts = {"Unprocessed": "unmatched", "Waiting": "waiting"}
    events = [
        event
        for event in cluster.client().list("Event", namespace)
        if event["reportingController"] == "policy-approver" and event["reason"] in verdicts
    ]
    # While rules are compiled, more policies are waited for: what was said last counts, and events
    # are listed by names that are made at random.
    events.sort(key=lambda event: event["eventTime"])
    return {
        event["regarding"]["uid"]: (verdicts[event["reason"]], without_hint(event))
        for event in events
    }
