"""Policies with rules of their own, in CEL."""

import pytest

from tests.controller.scene import Scene
from tests.controlplane.manifests import Manifest

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("approver")]


def in_the_namespace(rule: str, **more: str) -> Manifest:
    return {
        "selector": {"issuerRef": {}},
        "allowed": {"dnsNames": {"validations": [{"rule": rule, **more}]}},
    }


def test_a_rule_over_a_value_decides(scene: Scene) -> None:
    scene.policy(
        "web", **in_the_namespace("self.startsWith(cr.name + '.')", message="is not its own")
    )
    scene.bind("web")
    scene.policy_ready("web")

    scene.ask("shop")
    scene.approved("shop")

    scene.policy("web", **in_the_namespace("self == cr.namespace", message="is not its own"))
    scene.policy_ready("web", generation=2)
    scene.ask("stall")
    assert scene.denied("stall") == (
        "No policy approved this request: "
        '[web: spec.allowed.dnsNames.validations[0]: "stall.example.com" is not its own]'
    )


def test_a_rule_over_the_request_decides(scene: Scene) -> None:
    rule = (
        "request.dnsNames.all(name, name.endsWith('.example.com')) && request.username == 'alice'"
    )
    scene.policy("web", allowedIsCA=False, rules=[{"rule": rule}])
    scene.bind("web")

    scene.ask("shop")

    scene.approved("shop")


def test_a_rule_that_fails_does_not_show_its_internals(scene: Scene) -> None:
    scene.policy("web", **in_the_namespace("int(self) > 0"))
    scene.bind("web")
    scene.ask("shop")
    assert scene.denied("shop") == (
        "No policy approved this request: [web: spec.allowed.dnsNames.validations[0]: "
        '"shop.example.com" could not be judged by the rule "int(self) > 0"]'
    )


def test_a_rule_that_does_not_compile_keeps_a_policy_from_being_ready(scene: Scene) -> None:
    scene.policy("web", **in_the_namespace("self.size()"))
    scene.bind("web")

    status = scene.policy_ready("web", "False")
    assert status["message"].startswith("spec.allowed.dnsNames.validations[0]: ")

    scene.ask("shop")
    scene.event("shop", "Waiting")
    assert scene.undecided("shop")

    scene.policy("web", **in_the_namespace("self.size() < 64"))
    scene.approved("shop")
