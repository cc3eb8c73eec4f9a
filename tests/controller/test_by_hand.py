"""Decisions by hand on a real cluster: one decision for each request, told truthfully."""

import subprocess
import sys
from asyncio import to_thread
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest
import yaml
from aiohttp import web

from tests.controller.scene import SECONDS, Scene
from tests.controlplane.identities import ADMIN, ALICE, APPROVER, Identity
from tests.controlplane.manifests import certificate_request, decision_of, grant
from tests.controlplane.waiting import wait_until
from tests.kube.proxy import Proxy
from tests.running import ROOT, Approver

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

MERGE_PATCH = "application/merge-patch+json"
READ = {
    "apiGroups": ["cert-manager.io"],
    "resources": ["certificaterequests"],
    "verbs": ["get", "list"],
}


def by_hand(
    scene: Scene, command: str, *arguments: str, who: Identity = ADMIN, server: str = ""
) -> subprocess.CompletedProcess[str]:
    kubeconfig = scene.cluster.kubeconfig(who)
    if server:
        config = yaml.safe_load(kubeconfig.read_text())
        config["clusters"][0]["cluster"] = {"server": server.rstrip("/")}
        kubeconfig = kubeconfig.with_name(f"{kubeconfig.name}-by-proxy")
        kubeconfig.write_text(yaml.safe_dump(config))
    program = [sys.executable, "-W", "error", "-m", "approver", command]
    return subprocess.run(
        [*program, f"--kubeconfig={kubeconfig}", "-n", scene.namespace, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def create(scene: Scene, *names: str) -> None:
    for name in names:
        scene.admin.create(certificate_request(name, scene.namespace))


def test_several_are_approved_and_the_condition_says_by_whom(scene: Scene) -> None:
    scene.policy("narrow", allowedDNSNames=["*.example.net"])
    scene.bind("narrow", to=ADMIN)
    create(scene, "a", "b")

    done = by_hand(scene, "approve", "--yes", "--message=PKI-17", "a", "b")

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{scene.namespace}/a approved\n{scene.namespace}/b approved\n"
    assert "narrow would deny: spec.allowedDNSNames" in done.stderr
    assert scene.approved("a") == "Approved by hand by admin: PKI-17"
    found = decision_of(scene.request("b"))
    assert found is not None
    assert found["reason"] == "ManualApproval"


def test_a_decision_that_stands_is_left_alone(scene: Scene) -> None:
    create(scene, "a")
    assert by_hand(scene, "deny", "--yes", "a").returncode == 0

    done = by_hand(scene, "approve", "--yes", "a")

    assert done.returncode == 1
    assert done.stdout == ""
    assert (
        "is Denied already, which is final (ManualDenial: Denied by hand by admin)" in done.stderr
    )
    assert scene.denied("a") == "Denied by hand by admin"


def test_nothing_is_written_without_a_yes(scene: Scene) -> None:
    create(scene, "a")
    asked = by_hand(scene, "approve", "a")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "nobody can be asked: say --yes" in asked.stderr

    tried = by_hand(scene, "approve", "--dry-run", "a")
    assert (tried.returncode, tried.stdout) == (0, f"{scene.namespace}/a approved (dry run)\n")
    assert scene.undecided("a")


def test_there_is_no_such_request(scene: Scene) -> None:
    done = by_hand(scene, "approve", "--yes", "nosuch")
    assert done.returncode == 2
    assert f"there is no CertificateRequest {scene.namespace}/nosuch" in done.stderr


def test_the_roles_that_are_printed_are_what_was_missing(scene: Scene) -> None:
    create(scene, "a", "b")
    scene.admin.apply(*grant("read", READ, ALICE, namespace=scene.namespace))
    wait_until(
        lambda: "ClusterRole" in by_hand(scene, "approve", "--yes", "a", who=ALICE).stdout,
        SECONDS,
        "no role is printed",
    )
    done = by_hand(scene, "approve", "--yes", "a", "b", who=ALICE)
    assert done.returncode == 3
    assert done.stderr.count("403 Forbidden") == 2
    manifests = list(yaml.safe_load_all(done.stdout.partition("\n# ")[0]))
    scene.admin.apply(*manifests)
    try:
        wait_until(
            lambda: by_hand(scene, "approve", "--yes", "a", who=ALICE).returncode == 0,
            SECONDS,
            "the roles do not help",
        )
        assert scene.approved("a") == "Approved by hand by alice"
    finally:
        for manifest in reversed(manifests[2:]):
            scene.admin.delete(manifest["kind"], manifest["metadata"]["name"])


async def test_a_decision_whose_answer_was_lost_is_told_as_it_stands(scene: Scene) -> None:
    async def lose(request: web.Request) -> None:
        if request.method == "PATCH":
            body = await request.read()
            client = scene.cluster.client(ADMIN)
            if request.path.endswith("/written/status"):
                await to_thread(client.call, "PATCH", request.path, body, MERGE_PATCH)
            raise aiohttp.ClientError

    create(scene, "written", "lost")
    async with Proxy(scene.cluster).running() as proxy:
        proxy.answer = lose
        written = await to_thread(by_hand, scene, "deny", "--yes", "written", server=proxy.url)
        lost = await to_thread(by_hand, scene, "deny", "--yes", "lost", server=proxy.url)

    assert (written.returncode, written.stdout) == (0, f"{scene.namespace}/written denied\n")
    assert "whoever wants a certificate must make another request" in written.stderr
    assert scene.denied("written") == "Denied by hand by admin"
    assert (lost.returncode, lost.stdout) == (3, "")
    assert scene.undecided("lost")


def test_of_many_at_once_one_decides(scene: Scene) -> None:
    """People and a controller race; whoever was late is told whose decision stands."""
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web", to=ADMIN)
    names = [f"race-{number}" for number in range(6)]
    with Approver(scene.cluster.kubeconfig(APPROVER)), ThreadPoolExecutor(6) as pool:
        for name in names:
            commands = ("approve", "deny", "approve")
            create(scene, name)
            races = [pool.submit(by_hand, scene, command, "--yes", name) for command in commands]
            done = [race.result() for race in races]
            assert all(each.returncode in {0, 1} for each in done), [each.stderr for each in done]

            stands = scene.decided(name)
            winners = [
                command
                for command, each in zip(commands, done, strict=True)
                if each.returncode == 0
            ]
            assert len(winners) <= 1
            if winners:
                assert stands["type"] == {"approve": "Approved", "deny": "Denied"}[winners[0]]
                assert "by hand by admin" in stands["message"]
            else:
                assert stands["reason"] == "policy.cert-manager.io"
            for each in done:
                if each.returncode == 1:
                    assert f"is {stands['type']} already" in each.stderr
