"""The schema of policies, which is that of the CustomResourceDefinition."""

from collections.abc import Iterator
from functools import cache

import jsonschema

from approver.crd import own_schema
from approver.manifests.files import Manifest, UnusableError
from approver.model import without_nulls


def errors(policy: Manifest) -> Iterator[UnusableError]:
    """Yield what the API server would not accept of a policy's shape."""
    for error in _validator().iter_errors(without_nulls(policy.obj)):
        yield policy.unusable(error.json_path.removeprefix("$").removeprefix("."), error.message)


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(own_schema())
