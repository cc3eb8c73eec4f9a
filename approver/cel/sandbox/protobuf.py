"""Protobuf message classes from a few lines of text, so that nothing need be generated."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from google.protobuf import (  # type: ignore[import-untyped]  # it ships no types
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    message_factory,
)

Message: TypeAlias = Any  # of protobuf, whose messages have no types
MessageClass: TypeAlias = Any
Pool: TypeAlias = Any

_FIELD = re.compile(r"(\w+) (?:(\w[\w.]*)|\[(\w[\w.]*)\]|\{(\w+): (\w+)\}) (\d+)")
_TYPE = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _TYPE.TYPE_BOOL,
    "bytes": _TYPE.TYPE_BYTES,
    "double": _TYPE.TYPE_DOUBLE,
    "int64": _TYPE.TYPE_INT64,
    "string": _TYPE.TYPE_STRING,
    "uint64": _TYPE.TYPE_UINT64,
}


def load(files: Mapping[str, str], syntax: str) -> tuple[Pool, dict[str, MessageClass]]:
    """Return a pool with the messages that `files` describe, and their classes by full name.

    There is a text for each package. A line that is not indented names a message. The indented
    lines below it are its fields: name, type (`string`, `[string]` for a list, `{string: string}`
    for a map) and number.
    """
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(duration_pb2.DESCRIPTOR.serialized_pb)
    names = list[str]()
    for package, text in files.items():
        file = _file(package, text, syntax)
        pool.AddSerializedFile(file.SerializeToString())
        names += [f"{package}.{message.name}" for message in file.message_type]
    return pool, {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names
    }


def _file(package: str, text: str, syntax: str) -> Message:
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto",
        package=package,
        syntax=syntax,
        dependency=["google/protobuf/duration.proto"],
    )
    for line in filter(str.strip, text.splitlines()):
        if line[0] != " ":
            file.message_type.add(name=line)
        else:
            _add_field(file.message_type[-1], f".{package}", line.strip())
    return file


def _add_field(message: Message, package: str, line: str) -> None:
    field = _FIELD.fullmatch(line)
    if not field:
        raise ValueError(f"not a field: {line}")
    name, single, repeated, key, value, number = field.groups()
    if key:
        entry = message.nested_type.add(name=f"{_camel(name)}Entry")
        entry.options.map_entry = True
        _add_field(entry, package, f"key {key} 1")
        _add_field(entry, package, f"value {value} 2")
        repeated = f"{message.name}.{entry.name}"
    kind = single or repeated
    added = message.field.add(
        name=name,
        json_name=name,
        number=int(number),
        label=_TYPE.LABEL_REPEATED if repeated else _TYPE.LABEL_OPTIONAL,
    )
    if kind in _SCALARS:
        added.type = _SCALARS[kind]
    else:
        added.type = _TYPE.TYPE_MESSAGE
        added.type_name = f".{kind}" if kind.startswith("google.") else f"{package}.{kind}"


def _camel(name: str) -> str:
    """Return how protobuf calls the entries of a map, which it checks."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
