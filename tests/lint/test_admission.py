"""What the API server warns of when a policy is written is what lint finds, in the same words."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from approver.lint.rule import RULES
from approver.manifests.documents import DocumentError, documents
from tests.controlplane import APIError, Client
from tests.controlplane.manifests import Manifest
from tests.crds.examples import CRD
from tests.examples import policy_manifest
from tests.lint.linted import ids

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]

ADMISSION = {"CRP103", "CRP201", "CRP301"}


def examples() -> Iterator[Any]:
    """Give the examples of all rules that are one policy, which the API server takes."""
    for rule in RULES.values():
        for kind, text in (("bad", rule.bad), ("good", rule.good)):
            if "apiVersion" not in text:
                yield pytest.param(text, id=f"{rule.id}-{kind}")


def warned(admin: Client, manifest: Manifest) -> set[str]:
    """Create a policy, without leaving it there, and give the ids that the API server warns of."""
    found = admin.warnings(manifest)
    return {match[1] for text in found for match in re.finditer(r"(CRP\d+) ([a-z-]+): ", text)}


@pytest.mark.parametrize("text", list(examples()))
def test_the_same_is_found(admin: Client, text: str) -> None:
    try:
        [(spec, _)] = documents(text)
    except (DocumentError, ValueError):
        pytest.skip("not one policy that can be read: it never comes to the API server")
    assert isinstance(spec, dict)
    if unknown := spec.keys() - CRD_FIELDS:
        pytest.skip(f"the API server does not take {unknown}")
    try:
        found = warned(admin, policy_manifest("example", **spec))
    except APIError as error:
        pytest.skip(f"the definition itself refuses it: {str(error)[:80]}")
    assert found == ids(text) & ADMISSION


CRD_FIELDS = set(
    CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
)


def test_the_texts_are_those_of_the_rules(admin: Client) -> None:
    spec = {"selector": {"namespace": {}}, "allowedDNSNames": ["*example.com"]}
    [text] = admin.warnings(policy_manifest("example", **spec))
    assert f"CRP201 no-dot: {RULES['CRP201'].summary}: *example.com" in text


def test_it_can_be_silenced_as_in_lint(admin: Client) -> None:
    spec = {"selector": {"namespace": {}}, "allowedDNSNames": ["*example.com"]}
    manifest = policy_manifest("example", **spec)
    manifest["metadata"]["annotations"] = {"lint.policy.cert-manager.io/CRP201": "it is meant"}
    assert not admin.warnings(manifest)
