"""The page of the linter's rules."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from approver.lint import RULES, LintRule
from tests.crds.examples import REPOSITORY
from tests.generated.markdown import page, table

PAGE: Final[Path] = REPOSITORY / "docs" / "lint.md"


def lint_page() -> str:
    """Return the page: a table, then a section for each rule."""
    rules = [RULES[id_] for id_ in sorted(RULES)]
    rows = (
        (f"[{each.id}](#{_anchor(each)})", each.slug, each.severity.word, each.summary)
        for each in rules
    )
    return page(
        "# The rules of approver lint",
        "",
        "`approver lint FILES` looks at policies, and at the roles and bindings beside them.",
        "Errors and warnings make it fail; what is of severity info, `--strict` shows. A finding",
        "that says that something is permitted comes with a request that was really approved.",
        "",
        "To silence a rule on an object, annotate it with the reason:",
        "",
        "    metadata:",
        "      annotations:",
        "        lint.policy.cert-manager.io/CRP302: root CA bootstrap, PKI-17",
        "",
        "Ids never change their meaning. Examples are the `spec` of a policy, or whole objects.",
        "",
        *table(("id", "name", "severity", "finds"), rows),
        *(line for each in rules for line in _section(each)),
    )


def _anchor(rule: LintRule) -> str:
    return f"{rule.id.lower()}-{rule.slug}"


def _section(rule: LintRule) -> Iterator[str]:
    yield from ("", f"## {rule.id} {rule.slug}", "")
    yield f"*{rule.severity.word}*: {rule.summary}."
    yield ""
    yield from textwrap.wrap(rule.why, 100)
    for title, example in (("Bad:", rule.bad), ("Good:", rule.good)):
        yield from ("", title, "", *_indented(example))


def _indented(example: str) -> list[str]:
    return [f"    {line}".rstrip() for line in example.strip("\n").splitlines()]
