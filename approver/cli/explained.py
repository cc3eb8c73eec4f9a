"""What is said of the rules of the linter themselves: in lists, pages, and one by one."""

import textwrap

from approver.cli.terminal import Terminal
from approver.lint import RULES, LintRule


def listed() -> str:
    """Return a line for each rule."""
    rows = (RULES[id_] for id_ in sorted(RULES))
    return "\n".join(
        f"{each.id}  {each.severity.word:8} {each.slug:20} {each.summary}" for each in rows
    )


def explained(rule: LintRule, terminal: Terminal) -> str:
    """Return what a rule finds, and why, with a bad and a good example."""
    width = min(terminal.width or 100, 100)
    return "\n\n".join(
        (
            terminal.paint(f"{rule.id} {rule.slug} ({rule.severity.word})", "bold"),
            rule.summary,
            textwrap.fill(rule.why, width),
            "Bad:",
            textwrap.indent(rule.bad.strip("\n"), "    "),
            "Good:",
            textwrap.indent(rule.good.strip("\n"), "    "),
        )
    )
