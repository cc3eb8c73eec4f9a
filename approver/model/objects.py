"""The parts that all Kubernetes objects share, as their JSON writes them."""

from collections.abc import Mapping
from typing import Any, Self

import msgspec

from approver.model.errors import InvalidObjectError


class Object(msgspec.Struct, frozen=True, rename="camel"):
    """A Kubernetes object or a part of one; fields it does not declare are passed over."""

    @classmethod
    def parse(cls, obj: Mapping[str, Any]) -> Self:
        """Read a decoded JSON or YAML object; raise `InvalidObjectError`."""
        try:
            return msgspec.convert(obj, cls)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `")
            field = path.removesuffix("`").removeprefix("$").removeprefix(".")
            raise InvalidObjectError(field, message[:1].lower() + message[1:]) from error


class ObjectMeta(Object, frozen=True):
    """`metadata`. Times are RFC 3339, as written."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class MetadataOnly(Object, frozen=True):
    """An object whose existence and labels are all that matters, such as a namespace."""

    metadata: ObjectMeta


class Condition(Object, frozen=True, omit_defaults=True):
    """One of `status.conditions`."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None
    observed_generation: int | None = None


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Leave out fields that are null, at any depth, as the API server does; not items of lists."""
    if isinstance(value, Mapping):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
