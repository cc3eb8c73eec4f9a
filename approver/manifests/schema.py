"""The schema of policies, which is that of the CustomResourceDefinition."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema

from approver.crd import own_schema
from approver.manifests.files import Manifest, UnusableError


def errors(policy: Manifest) -> Iterator[UnusableError]:
    """Yield what the API server would not accept of a policy's shape."""
    for error in _validator().iter_errors(without_nulls(policy.obj)):
        yield policy.unusable(error.json_path.removeprefix("$").removeprefix("."), error.message)


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return it without the fields that are null, which the API server drops before it looks."""
    if isinstance(value, Mapping):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(own_schema())
