"""The CRD as a real API server enforces it."""

from typing import Any

import pytest

from tests.controlplane.client import KINDS, APIError, Client
from tests.crds.examples import examples, policy, title
from tests.vectors import load

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("example", examples("accepted"), ids=title)
def test_accepts(policies: Client, example: dict[str, Any]) -> None:
    accepted = submit(policies, example["spec"])

    assert accepted["spec"] == {"mode": "Enforce"} | example["spec"]


@pytest.mark.parametrize("example", examples("refused"), ids=title)
def test_refuses_and_names_the_field(policies: Client, example: dict[str, Any]) -> None:
    with pytest.raises(APIError) as refusal:
        submit(policies, example["spec"])

    assert f"{example['field']}: " in str(refusal.value)
    assert example["why"] in str(refusal.value)


@pytest.mark.timeout(300)  # thousands of policies, one by one
@pytest.mark.parametrize("name", ["structured", "pattern"])
def test_judges_policies_as_the_vectors_do(policies: Client, name: str) -> None:
    for case in load(name):
        expected = case["expected"]["policies"]
        for given in case["policies"]:
            problems = expected.get(given["metadata"]["name"], {}).get("problems", [])
            if not problems:
                submit(policies, given["spec"])
            elif not any(map(is_beyond_a_schema, problems)):
                with pytest.raises(APIError) as refusal:
                    submit(policies, given["spec"])
                assert any(problem in str(refusal.value) for problem in problems)


def is_beyond_a_schema(problem: str) -> bool:
    """Only the controller knows which rules compile, and which plugins there are."""
    return ".validations[" in problem or problem == "spec.plugins"


def submit(policies: Client, spec: dict[str, Any]) -> dict[str, Any]:
    """Let the API server check a policy as it does for `kubectl apply`, and keep nothing."""
    path = KINDS["CertificateRequestPolicy"].path(None)
    return policies.call("POST", path, policy(spec), dryRun="All", fieldValidation="Strict")
