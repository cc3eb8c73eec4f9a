"""Rules that a policy's author wrote."""

from collections.abc import Iterator
from dataclasses import dataclass

from approver.policy.accessor import Accessor
from approver.policy.check import RuleCheck
from approver.policy.fields.field import NamedField, Style
from approver.policy.spec_reader import SpecReader
from approver.rules import CelRule, Scope

_WHOLE_REQUEST = Accessor(lambda _: ("",))
"""The request itself, of which there is one, and which is no text."""
_NOTHING = Accessor(lambda _: ())


@dataclass(frozen=True, kw_only=True, eq=False)
class Rules(NamedField):
    """Rules over the whole request."""

    @property
    def requested(self) -> Accessor:
        """Nothing: rules only restrict what other fields permit."""
        return _NOTHING

    def read(self, node: SpecReader, _: Style) -> Iterator[RuleCheck]:
        """Read a list of `{rule, message}`."""
        yield from rule_checks(node, "request", node.path, _WHOLE_REQUEST)


def rule_checks(
    node: SpecReader,
    scope: Scope,
    field: str,
    values: Accessor,
    part: str = "",
) -> Iterator[RuleCheck]:
    """Read a list of `{rule, message}`; violations are at `field`, a key, `part` and the index."""
    seen = set[str]()
    for index, item in enumerate(node.items() or ()):
        text = item.child("rule").text()
        message = item.child("message").text()
        if not text:
            item.problem("rule is required")
        elif text in seen:
            item.problem("the rule stands there already")
        else:
            seen.add(text)
            rule = CelRule(text, scope)
            yield RuleCheck(field, values, rule, message, f"{part}[{index}]", item.path)
