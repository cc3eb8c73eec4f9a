"""The JSON schema that editors use."""

import json

import jsonschema
import pytest

from tests.cli.conftest import Run
from tests.controlplane.manifests import load
from tests.examples import example_policies, policy_manifest


@pytest.fixture
def schema(approver: Run) -> jsonschema.Draft202012Validator:
    schema = json.loads(approver("schema", "policy").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_example_policies_are_valid(schema: jsonschema.Draft202012Validator) -> None:
    for file in example_policies():
        for manifest in load(file):
            if manifest["kind"] == "CertificateRequestPolicy":
                schema.validate(manifest)


def test_a_field_that_there_is_not_is_marked(schema: jsonschema.Draft202012Validator) -> None:
    wrong = policy_manifest(allowed={"duration": {"max": "48h"}})
    [error] = schema.iter_errors(wrong)
    assert error.json_path == "$.spec.allowed"
    assert "'duration' was unexpected" in error.message
