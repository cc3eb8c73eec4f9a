"""`approver replay` of a cluster, by those who may not see all that verdicts depend on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from approver.cli import main
from tests.controller.scene import SECONDS, Scene
from tests.controlplane.identities import ADMIN, CAROL, Identity
from tests.controlplane.manifests import Manifest, grant
from tests.controlplane.waiting import wait_until
from tests.examples import policy_manifest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

Replay = Callable[..., int]


def listing(group: str, resource: str) -> Manifest:
    return {"apiGroups": [group], "resources": [resource], "verbs": ["list"]}


@pytest.fixture
def replay(scene: Scene, tmp_path: Path) -> Replay:
    """Give a function that replays the scene's one request against a policy for shorter ones."""
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    scene.ask("shop", duration="2160h")
    draft = tmp_path / "policies.yaml"
    selector = {"namespace": {"matchNames": [scene.namespace]}}
    spec: dict[str, Any] = {"allowedDNSNames": ["*.example.com"], "maxDuration": "720h"}
    draft.write_text(yaml.safe_dump(policy_manifest("web", selector=selector, **spec)))

    def run(by: Identity, *more: str) -> int:
        kubeconfig = f"--kubeconfig={scene.cluster.kubeconfig(by)}"
        return main(["replay", kubeconfig, f"--namespace={scene.namespace}", *more, str(draft)])

    return run


def test_who_sees_all_is_told_what_breaks(
    replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(ADMIN, "-o=json") == 1
    said = capsys.readouterr()
    assert [change["new"] for change in json.loads(said.out)["changes"]] == ["denied"]
    assert said.err == ""


def test_who_sees_nothing_is_told_so_in_a_line(
    replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(CAROL) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "may not list certificaterequestpolicies.policy.cert-manager.io" in said.err


def test_who_does_not_see_bindings_has_no_whole_answer(
    scene: Scene, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = {
        "policies": listing("policy.cert-manager.io", "certificaterequestpolicies"),
        "namespaces": listing("", "namespaces"),
    }
    try:
        for name, rule in rules.items():
            scene.admin.apply(*grant(name, rule, CAROL))

        def seen() -> bool:
            capsys.readouterr()
            status, said = replay(CAROL), capsys.readouterr().err
            return status == 3 and "Not complete" in said and "namespaces" not in said

        wait_until(seen, SECONDS, "the rights are not there")
        assert replay(CAROL) == 3
    finally:
        for name in rules:
            scene.admin.delete("ClusterRoleBinding", name)
            scene.admin.delete("ClusterRole", name)
    said = capsys.readouterr()
    assert "approved -> denied" in said.out
    assert "All policies count as bound" in said.err
    assert "roles, rolebindings, clusterroles, clusterrolebindings\n" in said.err
