"""Rules that a policy's author wrote."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from approver.policy.asked import Asked
from approver.policy.check import RuleCheck
from approver.policy.field import Named, Style
from approver.policy.node import Node
from approver.policy.rules import Rule, Scope


@dataclass(frozen=True)
class Rules(Named):
    """Rules over the whole request, in either style."""

    def checks(self, spec: Node, style: Style) -> Iterator[RuleCheck]:
        """Read a list of `{rule, message}`."""
        node = self.names.find(spec, style)
        yield from rule_checks(node, "request", node.path, lambda _: (("", ""),))


def rule_checks(
    node: Node,
    scope: Scope,
    field: str,
    asked: Callable[[Asked], Iterable[tuple[str, str]]],
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
            rule = Rule(text, scope)
            yield RuleCheck(field, asked, rule, message, f"{part}[{index}]", item.path)
