"""What goes over the pipes to a worker and back.

To the worker: the length of a task in four bytes, then the task. Back: a line for each rule or
question of it, in order, and at last READY or SPENT.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec

READY: Final = b"ready"
SPENT: Final = b"spent"  # the worker should be replaced
TRUE: Final = b"true"
FALSE: Final = b"false"
FAILED: Final = b"failed"
DOUBTFUL: Final = b"doubtful: "  # before what is wrong with a rule that can be used all the same

OUT_OF_MEMORY: Final = 77  # exit status

_LENGTH_BYTES: Final = 4


class Compile(msgspec.Struct, frozen=True, tag="compile", array_like=True):
    """Answered by what is wrong with each rule (its scope and text), an empty line if nothing."""

    rules: tuple[tuple[str, str], ...]


class Evaluate(msgspec.Struct, frozen=True, tag="evaluate", array_like=True):
    """Answered by TRUE, FALSE or FAILED; a question is scope, text and value."""

    questions: tuple[tuple[str, str, str], ...]
    activation: Any  # an approver.rules.Activation, as a mapping in what the worker reads


Task = Compile | Evaluate
_TASK_DECODER = msgspec.msgpack.Decoder(Task)


def frame(task: Task) -> bytes:
    """Return what to send; raise UnicodeEncodeError if it holds text that is none."""
    encoded = msgspec.msgpack.encode(task)
    return len(encoded).to_bytes(_LENGTH_BYTES, "big") + encoded


def tasks(stream: BinaryIO) -> Iterator[Task]:
    """Read tasks until the other side is gone."""
    while length := stream.read(_LENGTH_BYTES):
        yield _TASK_DECODER.decode(stream.read(int.from_bytes(length, "big")))
