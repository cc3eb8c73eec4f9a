"""Requests that deceive whoever reads them otherwise than the signer does.

cert-manager's webhook lets them all in, and its controllers would sign them.
"""

import base64

import pytest

from tests.controller.scene import SECONDS, Scene
from tests.controlplane.manifests import Manifest, condition, decision
from tests.controlplane.waiting import wait_until
from tests.vectors import load

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("approver")]

TRICKS = {
    case["tag"]: case["request"]["spec"]
    for case in load("hostile")
    if case["signable"] and (case["expected"], case["by"]) == ("denied", "request")
}
PERMISSIVE = load("hostile")[0]["policies"][0]["spec"]
RULES = {
    "pem-two-blocks": "pem: 2 PEM blocks",
    "version-3": "version: ",
    "extreq-twice-disjoint": "attributes: 2 extension requests",
    "extreq-microsoft": "attributes: 1.3.6.1.4.1.311.2.1.14 (Microsoft's extension request)",
    "dns-nul": 'san: "www.team-a.example.com\\x00.evil.test" ',
    "uri-empty-fragment": 'san: "https://example.com/#" ',
    "san-constructed-dns": "san: a name has the tag 0xa2",
    "other-name-two-values": "san: an otherName",
    "usage-tenth-bit": "key-usage: bit 9",
    "eku-unknown": "extended-key-usage: ",
    "name-constraints": "name-constraints: ",
    "extension-tls-feature": "extensions: 1.3.6.1.5.5.7.1.24 (must-staple)",
    "subject-cn-nul": 'subject: 2.5.4.3 (commonName): "good\\x00evil" ',
    "subject-rdn-unsorted": "subject: ",
}


def test_each_trick_is_denied_by_its_rule_and_never_signed(scene: Scene) -> None:
    scene.policy("permissive", **PERMISSIVE | {"selector": in_namespace(scene)})
    scene.bind("permissive")
    ask_for_all(scene)

    told = "No policy can approve this request: spec."
    for name in TRICKS:
        message = scene.denied(name)
        rule = f"request: {RULES[name]}" if name in RULES else ""
        assert message.startswith(told + rule), (name, message)
    wait_until(lambda: refused(scene) == TRICKS.keys(), SECONDS, "not all are refused")
    assert not signed(scene)


def test_without_an_approver_like_this_cert_manager_signs_them(scene: Scene) -> None:
    ask_for_all(scene)
    approval = decision("Approved", "by hand")
    for name in TRICKS:
        scene.admin.patch(
            "CertificateRequest", name, approval, scene.namespace, subresource="status"
        )

    expected = TRICKS.keys() - {"subject-constructed-string"}  # which it cannot read back
    wait_until(lambda: signed(scene) == expected, SECONDS, "not all are signed")


def ask_for_all(scene: Scene) -> None:
    scene.authority()
    for name, spec in TRICKS.items():
        kept = {field: spec[field] for field in ("duration", "usages", "isCA") if field in spec}
        scene.ask(name, base64.b64decode(spec["request"]).decode(), **kept)


def in_namespace(scene: Scene) -> Manifest:
    return {"namespace": {"matchNames": [scene.namespace]}}


def refused(scene: Scene) -> set[str]:
    """Name the requests whose denial cert-manager's controllers have taken note of."""
    return {
        request["metadata"]["name"]
        for request in scene.requests()
        if (condition(request, "Ready") or {}).get("reason") == "Denied"
    }


def signed(scene: Scene) -> set[str]:
    return {
        request["metadata"]["name"]
        for request in scene.requests()
        if request["status"].get("certificate")
    }
