"""Constant format strings, which cel-go checks against the list that they are given."""

from collections.abc import Mapping
from typing import Final

from approver.cel.sandbox import formatting
from approver.cel.sandbox.expression import (
    ANY,
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    CheckedExpression,
    children,
    constant_text,
    kind,
)
from approver.cel.sandbox.formatting import Clause
from approver.cel.sandbox.protobuf import Message
from approver.cel.sandbox.refusal import UnusableRuleError
from approver.cel.sandbox.rewrites import write

_TAKEN: Final[Mapping[str, frozenset[int]]] = {
    **dict.fromkeys("dfe", frozenset({INT, UINT, DOUBLE})),
    **dict.fromkeys("xX", frozenset({INT, UINT, STRING, BYTES})),
    "o": frozenset({INT, UINT}),
    "b": frozenset({INT, UINT, BOOL}),
}
_TIMES: Final = {TIMESTAMP: "timestamp_to_string", DURATION: "duration_to_string"}


def check_format(expression: CheckedExpression, call: Message) -> None:
    """Raise `UnusableRuleError` if a call of format() cannot succeed."""
    template = constant_text(call.target)
    if template is None or kind(call.args[0]) != "list_expr":
        return
    try:
        clauses = [part for part in formatting.parse(template) if isinstance(part, Clause)]
    except ValueError as error:
        raise UnusableRuleError(f"format: {error}") from error
    values = call.args[0].list_expr.elements
    if len(clauses) != len(values):
        raise UnusableRuleError(f"format: {len(clauses)} clauses, but {len(values)} values")
    for clause, value in zip(clauses, values, strict=True):
        if clause.verb == "s":
            _check_text(expression, value)
        elif not _is_one_of(expression.type_of(value), _TAKEN[clause.verb]):
            raise UnusableRuleError(f"format: a value that %{clause.verb} does not take")


def _is_one_of(value_type: Message, primitives: frozenset[int]) -> bool:
    primitive = value_type.primitive or value_type.wrapper
    return value_type.HasField("dyn") or primitive in primitives


def _check_text(expression: CheckedExpression, value: Message) -> None:
    """Check what %s is given; times are written here, as the binding would drop nanoseconds."""
    value_type = expression.type_of(value)
    is_message = value_type.message_type or value_type.HasField("abstract_type")
    if is_message or value_type.well_known == ANY:
        raise UnusableRuleError("format: a value that %s does not take")
    if value_type.well_known:
        write(expression, value, _TIMES[value_type.well_known])
    elif kind(value) in {"list_expr", "struct_expr"}:
        for child in children(value):
            _check_text(expression, child)
