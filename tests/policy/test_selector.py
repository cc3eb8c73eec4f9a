"""Which requests a policy applies to."""

from typing import Any

import pytest

from tests.examples import policy, request

LABELS = {"team": "a", "kubernetes.io/metadata.name": "team-a"}


def label(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def selects(selector: dict[str, Any], **asked: Any) -> bool:  # noqa: ANN401 - fields of a request
    return policy(selector=selector, allowed={}).selects(request("DNS:a", **asked), LABELS)


@pytest.mark.parametrize(
    "selector",
    [
        {"issuerRef": {}},
        {"namespace": {}},
        {"issuerRef": {"name": "c*", "kind": "Issuer", "group": "cert-manager.io"}},
        {"namespace": {"matchNames": ["x", "team-*"]}},
        {"namespace": {"matchLabels": {"team": "a"}}},
        {"issuerRef": {"name": "ca"}, "namespace": {"matchNames": ["team-a"]}},
        {"issuerRefs": [{}]},
        {"issuerRefs": [{"name": "no"}, {"name": "c*"}]},
        {"issuerRefs": [{"kind": "Issuer", "group": "cert-*"}], "issuerRef": {"name": "ca"}},
        {"namespace": {"matchExpressions": []}},
        {"namespace": {"matchExpressions": [label("team", "In", "b", "a")]}},
        {"namespace": {"matchExpressions": [label("team", "NotIn", "b")]}},
        {"namespace": {"matchExpressions": [label("tier", "NotIn", "gold")]}},
        {"namespace": {"matchExpressions": [label("team", "Exists")]}},
        {"namespace": {"matchExpressions": [label("tier", "DoesNotExist")]}},
    ],
)
def test_selects(selector: dict[str, Any]) -> None:
    assert selects(selector)


@pytest.mark.parametrize(
    "selector",
    [
        {"issuerRef": {"name": "C*"}},
        {"issuerRefs": [{"name": "no"}, {"name": "ca", "kind": "ClusterIssuer"}]},
        {"issuerRefs": [{"name": "no"}], "issuerRef": {"name": "ca"}},
        {"issuerRefs": [{"name": "ca"}], "issuerRef": {"name": "no"}},
        {"namespace": {"matchExpressions": [label("team", "In", "b")]}},
        {"namespace": {"matchExpressions": [label("tier", "In", "gold", "")]}},
        {"namespace": {"matchExpressions": [label("team", "NotIn", "b", "a")]}},
        {"namespace": {"matchExpressions": [label("tier", "Exists")]}},
        {"namespace": {"matchExpressions": [label("team", "DoesNotExist")]}},
        {"namespace": {"matchExpressions": [label("team", "Exists"), label("team", "In", "b")]}},
        {"namespace": {"matchLabels": {"team": "a"}, "matchExpressions": [label("x", "Exists")]}},
        {"issuerRef": {"kind": "ClusterIssuer"}},
        {"issuerRef": {"group": "example.com"}},
        {"namespace": {"matchNames": ["team-b"]}},
        {"namespace": {"matchLabels": {"team": "b"}}},
        {"namespace": {"matchLabels": {"team": "a", "env": ""}}},
        {"issuerRef": {"name": "ca"}, "namespace": {"matchNames": ["team-b"]}},
    ],
)
def test_does_not_select(selector: dict[str, Any]) -> None:
    assert not selects(selector)


def test_pattern_style_needs_no_selector() -> None:
    assert policy(allowedIsCA=False).selects(request("DNS:a"), {})


def test_a_selector_that_is_not_valid_selects_everything() -> None:
    assert selects({})
    assert selects({"namespace": {"matchLabels": {"team": "*"}}}) is False


@pytest.mark.parametrize(
    "selector",
    [
        {"namespace": {"matchLabels": {"team": 5}}},
        {"namespace": {"matchExpressions": [label("team", "In") | {"values": ["b", 5]}]}},
        {"namespace": {"matchExpressions": [label("", "Exists")]}},
        {"issuerRef": {}, "requester": {}},
        {"issuerRef": {}, "requester": "u"},
        {"issuerRef": {}, "requester": {"usernames": [], "groups": ["x"]}},
        {"issuerRef": {}, "requester": {"usernames": [5, "x"]}},
        {"issuerRef": {}, "requester": {"usernames": ["x"], "gruops": ["y"]}},
        {"issuerRef": {}, "requester": {"serviceAccounts": [{"namespace": "ci"}]}},
    ],
)
def test_the_part_of_a_selector_that_is_not_valid_selects_everything(
    selector: dict[str, Any],
) -> None:
    assert not policy(selector=selector, allowed={}).ready
    assert selects(selector, username="somebody")


STEP = {"kind": "StepIssuer", "group": "certmanager.step.sm"}


@pytest.mark.parametrize(
    ("selector", "kinds"),
    [
        ({"issuerRef": {}}, {"Issuer.cert-manager.io", "ClusterIssuer.cert-manager.io"}),
        ({"issuerRef": {"kind": "Cluster*"}}, {"ClusterIssuer.cert-manager.io"}),
        ({"issuerRef": {"kind": "Issuer"}}, {"Issuer.cert-manager.io"}),
        ({"issuerRef": STEP}, {"StepIssuer.certmanager.step.sm"}),
        ({"issuerRef": {"kind": "StepIssuer"}}, set()),
        ({"issuerRef": {"group": "certmanager.step.sm"}}, set()),
        (
            {"issuerRefs": [STEP, {"kind": "ClusterIssuer"}]},
            {"StepIssuer.certmanager.step.sm", "ClusterIssuer.cert-manager.io"},
        ),
    ],
)
def test_the_kinds_of_signers_that_it_names(selector: dict[str, Any], kinds: set[str]) -> None:
    named = policy(selector=selector, allowed={}).selector.signer_kinds
    assert {f"{kind}.{group}" for group, kind in named} == kinds
