"""A checked expression: what the engine made of a rule, to be read and changed before it runs.

The engine serialises it as cel.expr.CheckedExpr in an Any. The messages below are those of
cel-spec's syntax.proto and checked.proto, as far as they are needed here; protobuf keeps the fields
that have no name.
"""

from collections.abc import Iterator
from typing import Final

from google.protobuf import any_pb2  # type: ignore[import-untyped]  # it ships no types

from approver.cel.sandbox.protobuf import Message, load

# Enumerations are declared as the numbers that they are, and the members of oneofs side by side.
_, _CLASSES = load(
    {
        "cel.expr": """
CheckedExpr
    reference_map {int64: Reference} 2
    type_map {int64: Type} 3
    expr Expr 4
Reference
    overload_id [string] 3
Type
    dyn Empty 1
    null int64 2
    primitive int64 3
    wrapper int64 4
    well_known int64 5
    message_type string 9
    type Empty 11
    abstract_type Empty 14
Empty
Expr
    id int64 2
    const_expr Constant 3
    ident_expr Empty 4
    select_expr Select 5
    call_expr Call 6
    list_expr CreateList 7
    struct_expr CreateStruct 8
    comprehension_expr Comprehension 9
Constant
    int64_value int64 3
    double_value double 5
    string_value string 6
Select
    operand Expr 1
    field string 2
    test_only bool 3
Call
    target Expr 1
    function string 2
    args [Expr] 3
CreateList
    elements [Expr] 1
CreateStruct
    entries [Entry] 2
Entry
    map_key Expr 3
    value Expr 4
Comprehension
    iter_range Expr 2
    accu_init Expr 4
    loop_condition Expr 5
    loop_step Expr 6
    result Expr 7
"""
    },
    syntax="proto2",  # which tells a value of zero from none
)
_CHECKED_EXPR = _CLASSES["cel.expr.CheckedExpr"]
_EXPR = _CLASSES["cel.expr.Expr"]
_NO_TYPE = _CLASSES["cel.expr.Type"]()
_NO_REFERENCE = _CLASSES["cel.expr.Reference"]()
_TYPE_URL: Final = "type.googleapis.com/cel.expr.CheckedExpr"

BOOL, INT, UINT, DOUBLE, STRING, BYTES = range(1, 7)  # Type.PrimitiveType
ANY, TIMESTAMP, DURATION = range(1, 4)  # Type.WellKnownType


class CheckedExpression:
    """The nodes of an expression (cel.expr.Expr), their types, and what their calls refer to."""

    def __init__(self, serialized: bytes) -> None:
        self._checked = _CHECKED_EXPR.FromString(any_pb2.Any.FromString(serialized).value)
        self._types = self._checked.type_map
        self._references = self._checked.reference_map
        self._last_id = max(self._types, default=0)

    def serialize(self) -> bytes:
        """Return what the engine deserialises."""
        packed = any_pb2.Any(type_url=_TYPE_URL, value=self._checked.SerializeToString())
        return bytes(packed.SerializeToString())

    def nodes(self) -> list[Message]:
        """Return all nodes, the deepest first."""
        return list(_nodes(self._checked.expr))

    def type_of(self, node: Message) -> Message:
        """Return the type (cel.expr.Type) that the checker found, an empty one if it found none."""
        return self._types.get(node.id, _NO_TYPE)

    def overloads(self, node: Message) -> list[str]:
        """Return the overloads that a call may come to mean; several if its types are unknown."""
        return list(self._references.get(node.id, _NO_REFERENCE).overload_id)

    def all_overloads(self) -> set[str]:
        """Return the overloads of all calls."""
        return {name for each in self._references.values() for name in each.overload_id}

    def wrap(self, node: Message, function: str) -> Message:
        """Put a node into a call, which takes over its identity and type; return that call."""
        inner = _EXPR()
        inner.CopyFrom(node)
        inner.id = self.new_id()
        for table in (self._types, self._references):
            if node.id in table:
                table[inner.id].CopyFrom(table[node.id])
        self.forget_reference(node)
        identity = node.id
        node.Clear()
        node.id = identity
        node.call_expr.function = function
        node.call_expr.args.add().CopyFrom(inner)
        return node.call_expr

    def forget_reference(self, node: Message) -> None:
        """Leave it to the runtime to find out what a call means."""
        if node.id in self._references:
            del self._references[node.id]

    def new_id(self) -> int:
        """Return an identity that no node has."""
        self._last_id += 1
        return self._last_id


def kind(node: Message) -> str:
    """Return what a node is: the name of its member, `call_expr` and so on."""
    return next((field.name for field, _ in node.ListFields() if field.name != "id"), "")


def children(node: Message) -> list[Message]:
    """Return the nodes right below a node, in order."""
    members = [member for field, member in node.ListFields() if field.name != "id"]
    return [child for member in members for child in _expressions(member)]


def constant_text(node: Message) -> str | None:
    """Return the string that a node is, None if it is not a constant string."""
    constant = node.const_expr
    return str(constant.string_value) if constant.HasField("string_value") else None


def _nodes(node: Message) -> Iterator[Message]:
    for child in children(node):
        yield from _nodes(child)
    yield node


def _expressions(member: Message) -> Iterator[Message]:
    """Return the expressions in a member of a node."""
    for field, value in member.ListFields():
        if field.name == "entries":
            for entry in value:
                yield from _expressions(entry)
        elif field.name in {"args", "elements"}:
            yield from value
        elif field.message_type is not None:
            yield value
