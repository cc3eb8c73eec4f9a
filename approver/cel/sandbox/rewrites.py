"""Calls that mean something else to the engine than to cel-go.

The engine's functions cannot be replaced, but the calls of them can, once the expression is
checked: they go through filters, whose names (`@int`) no rule can spell.
"""

from collections.abc import Iterator
from typing import Final

from approver.cel.sandbox.conversions import FILTERS
from approver.cel.sandbox.expression import CheckedExpression, children, constant_text
from approver.cel.sandbox.patterns import is_pattern
from approver.cel.sandbox.protobuf import Message
from approver.cel.sandbox.refusal import UnusableRuleError
from approver.model.text import quote

# Overload that the checker chose -> filter for the last argument.
_ARGUMENTS: Final = {
    "string_to_int64": "@int",
    "string_to_uint64": "@uint",
    "string_to_double": "@double",
    "string_to_bool": "@bool",
    "string_to_duration": "@duration",
    "string_to_timestamp": "@timestamp",
    "matches": "@pattern",
    "matches_string": "@pattern",
}
# Filter -> what it takes.
_KINDS: Final = {
    "@int": "int",
    "@uint": "uint",
    "@double": "double",
    "@bool": "bool",
    "@duration": "duration",
    "@timestamp": "timestamp",
    "@utc_timestamp": "timestamp in UTC, in a rule that turns timestamps into text",
    "@pattern": "regular expression",
    "@zone": "time zone",
}
_IN_ZONES: Final = "_with_tz"  # how the overloads end that take a time zone
# The same, for the result.
_RESULTS: Final = {
    "double_to_string": "@written_double",
    "timestamp_to_string": "@written_timestamp",
    "duration_to_string": "@written_duration",
}
# Overload that the engine lacks or gets wrong -> filter that makes its result of string(duration).
_OF_DURATIONS: Final = {
    "duration_to_int64": "@written_nanoseconds",
    "duration_to_milliseconds": "@written_milliseconds",
}
_NOT_IN_GO: Final = {"_in_", "__not_strictly_false__"}
_TAKEN_BY_NOTHING: Final = "("  # no number, no time, no time zone, no regular expression


def rewrite(expression: CheckedExpression, node: Message) -> Iterator[str]:
    """Make a call mean what it means to cel-go; yield what is wrong with its constant argument.

    Raise `UnusableRuleError`.
    """
    call = node.call_expr
    if call.function in _NOT_IN_GO:
        raise UnusableRuleError(f"there is no function {call.function}")
    overloads = expression.overloads(node)
    if argument_filter := _argument_filter(expression, overloads):
        yield from _filter_argument(expression, call.args[-1], argument_filter)
    if len(overloads) == 1:
        _redirect_one(expression, node, overloads[0])
    elif "duration_to_milliseconds" in overloads:
        raise UnusableRuleError("getMilliseconds() of a value that may be a time or a duration")
    elif "double_to_string" in overloads:
        expression.wrap(call.args[-1], "@string")


def write(expression: CheckedExpression, node: Message, overload: str) -> None:
    """Turn a value into its text, by the overload of string() that takes it."""
    expression.wrap(node, "string")
    expression.wrap(node, _RESULTS[overload])


def _argument_filter(expression: CheckedExpression, overloads: list[str]) -> str | None:
    found = next((_ARGUMENTS[each] for each in overloads if each in _ARGUMENTS), None)
    if found == "@timestamp" and "timestamp_to_string" in expression.all_overloads():
        return "@utc_timestamp"
    if any(each.endswith(_IN_ZONES) for each in overloads):
        return "@zone"
    return found


def _filter_argument(expression: CheckedExpression, argument: Message, name: str) -> Iterator[str]:
    text = constant_text(argument)
    if text is None:
        expression.wrap(argument, name)
        return
    try:
        argument.const_expr.string_value = FILTERS[name]["STRING"](text)
        taken = name != "@pattern" or is_pattern(text)
    except (ValueError, ArithmeticError):  # an error at evaluation, as in Go
        argument.const_expr.string_value, taken = _TAKEN_BY_NOTHING, False
    if not taken:
        yield f"a call with {quote(text)} always fails: it is no {_KINDS[name]}"


def _redirect_one(expression: CheckedExpression, node: Message, overload: str) -> None:
    if overload.startswith("@"):  # of string(), which the engine does not have
        node.call_expr.function = overload
        expression.forget_reference(node)
    elif overload in _RESULTS:
        expression.wrap(node, _RESULTS[overload])
    elif overload in _OF_DURATIONS:
        (duration,) = children(node)
        expression.wrap(duration, "string")
        expression.wrap(duration, _OF_DURATIONS[overload])
        _make_int_of(expression, node, duration)
    elif overload == "int64_to_duration":
        raise UnusableRuleError("duration() does not take a number")


def _make_int_of(expression: CheckedExpression, node: Message, text: Message) -> None:
    """Turn a call, of a function or a method, into int(text)."""
    call = type(node.call_expr)(function="int", args=[text])
    node.call_expr.CopyFrom(call)
    expression.forget_reference(node)
