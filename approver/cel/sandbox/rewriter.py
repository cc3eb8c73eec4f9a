"""Makes a checked expression mean what cel-go means by it, or refuses it."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from approver.cel.sandbox.expression import CheckedExpression, children, kind
from approver.cel.sandbox.format_check import check_format
from approver.cel.sandbox.protobuf import Message
from approver.cel.sandbox.refusal import UnusableRuleError
from approver.cel.sandbox.rewrites import rewrite

_LITERALS: Final = {"list_expr", "struct_expr"}
_GENERIC: Final = {"dyn", "_?_:_"}  # functions of values of any type
_COMPARISONS: Final = {"_==_", "_!=_", "@in", "_+_"}  # which puts lists together, of any type


class Rewriter:
    """Guards expressions over a message type, `root`.

    `lists` are fields of it that are to be read from lists of one or none: name -> the list's name.
    Values of the types `opaque` may not pass for values of any type.
    """

    def __init__(self, root: str, lists: Mapping[str, str], opaque: frozenset[str]) -> None:
        self._root = root
        self._lists = lists
        self._opaque = [name.encode() for name in opaque]

    def rewrite(self, expression: CheckedExpression) -> Iterator[str]:
        """Yield what will fail at every evaluation; raise `UnusableRuleError`."""
        for node in expression.nodes():
            self._fail_mixture(expression, node)
            match kind(node):
                case "const_expr" if math.isinf(node.const_expr.double_value):
                    raise UnusableRuleError("a number is too large for a double")
                case "struct_expr":
                    _keep_last_of_each_key(node.struct_expr)
                case "select_expr":
                    self._read_from_list(expression, node)
                case "call_expr":
                    if node.call_expr.function == "format":
                        check_format(expression, node.call_expr)
                    yield from rewrite(expression, node)

    def _read_from_list(self, expression: CheckedExpression, node: Message) -> None:
        """Turn a selection of a field into `list[0]`, which is an error if there is none."""
        select = node.select_expr
        if (
            select.field in self._lists
            and not select.test_only
            and expression.type_of(select.operand).message_type == self._root
        ):
            select.field = self._lists[select.field]
            index = expression.wrap(node, "_[_]").args.add()
            index.id = expression.new_id()
            index.const_expr.int64_value = 0

    def _fail_mixture(self, expression: CheckedExpression, node: Message) -> None:
        """Let fail what compares opaque values with others, or makes that possible."""
        parts = children(node)
        opaque = [part for part in parts if self._is_opaque(expression, part)]
        if not opaque:
            return
        function = node.call_expr.function
        if kind(node) in _LITERALS or function in _GENERIC:
            mixed = not self._is_opaque(expression, node)
        else:
            others = [part for part in parts if part not in opaque]
            typed = [part for part in others if not expression.type_of(part).HasField("null")]
            mixed = function in _COMPARISONS and bool(typed)
        if mixed:
            expression.wrap(opaque[0], "@string")  # which takes text and numbers

    def _is_opaque(self, expression: CheckedExpression, node: Message) -> bool:
        """Tell whether a node is of an opaque type, or holds such values."""
        node_type = expression.type_of(node)
        described = b"" if node_type.HasField("type") else node_type.SerializeToString()
        return any(name in described for name in self._opaque)


def _keep_last_of_each_key(literal: Message) -> None:
    """Leave out constants of a map whose key comes again: to cel-go, the last one counts."""
    later = set[bytes]()
    for entry in reversed(list(literal.entries)):
        if kind(entry.map_key) == kind(entry.value) == "const_expr":
            key = entry.map_key.const_expr.SerializeToString()
            if key in later:
                literal.entries.remove(entry)
            later.add(key)
