"""The schema of policies, which is that of the CustomResourceDefinition."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import yaml

from approver.cli.manifests import SAFE_LOADER, Manifest, UnusableError

_FILE = "crds/policy.cert-manager.io_certificaterequestpolicies.yaml"


def errors(policy: Manifest) -> Iterator[UnusableError]:
    """Yield what the API server would not accept of a policy's shape."""
    for error in _validator().iter_errors(policy.obj):
        yield policy.unusable(error.json_path.removeprefix("$").removeprefix("."), error.message)


@cache
def _validator() -> jsonschema.Draft202012Validator:
    text = (files("approver") / _FILE).read_text(encoding="utf-8")
    definition: Mapping[str, Any] = yaml.load(text, Loader=SAFE_LOADER)  # noqa: S506 - a safe one
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return jsonschema.Draft202012Validator(schema)
