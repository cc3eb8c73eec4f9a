"""A policy that says itself for whom it is binds people, so not everybody may write one."""

import pytest

from tests.controller.scene import SECONDS, Scene
from tests.controlplane import APIError, Client, ControlPlane
from tests.controlplane.identities import ALICE, APPROVER, CAROL
from tests.controlplane.manifests import Manifest, grant
from tests.controlplane.waiting import wait_until
from tests.examples import policy_manifest
from tests.running import Approver

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]

SELECTOR = {"namespace": {}, "requester": {"usernames": ["alice"]}}


def writing(*verbs: str) -> Manifest:
    return {
        "apiGroups": ["policy.cert-manager.io"],
        "resources": ["certificaterequestpolicies"],
        "verbs": list(verbs),
    }


def test_who_writes_one_needs_the_verb_bind(cluster: ControlPlane, scene: Scene) -> None:
    scene.admin.apply(*grant("author", writing("create", "update", "patch", "delete"), CAROL))
    author = cluster.client(CAROL)
    plain = policy_manifest("plain", selector={"namespace": {}}, allowedIsCA=False)
    binding = policy_manifest("binding", selector=SELECTOR, allowedIsCA=False)

    wait_until(lambda: may_create(author, plain), SECONDS, "the author may not write")
    with pytest.raises(APIError, match="takes the verb bind on the certificaterequestpolicy bind"):
        author.create(binding, dry_run=True)

    scene.admin.apply(*grant("binder", writing("bind"), CAROL))
    wait_until(lambda: may_create(author, binding), SECONDS, "the author may not bind")
    for kind in ("ClusterRoleBinding", "ClusterRole"):
        for name in ("author", "binder"):
            scene.admin.delete(kind, name)


def may_create(author: Client, manifest: Manifest) -> bool:
    try:
        author.create(manifest, dry_run=True)
    except APIError:
        return False
    return True


def test_they_can_be_switched_off(cluster: ControlPlane, scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"], selector=SELECTOR)
    with Approver(cluster.kubeconfig(APPROVER), "--requester-selectors=false"):
        said = scene.policy_ready("web", "False")["message"]
        assert said == "spec.selector.requester: is switched off in this cluster"
        scene.ask("shop", by=ALICE)
        scene.event("shop", "Waiting")
