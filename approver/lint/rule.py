"""What a rule of the linter is: one declaration each.

    @rule("CRP301", "usages-any", Severity.ERROR, "short", why="long", bad=..., good=...)
    def usages_any(subject: Subject) -> Iterator[Hit]: ...

The page of the rule, `--explain`, `--list` and the tests of both examples follow from it. An id is
never given to another rule.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from approver.lint.finding import Hit, Severity
from approver.lint.subject import Estate, Subject

Look = Callable[[Subject], Iterator[Hit]]
LookAtAll = Callable[[Estate], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule; `bad` and `good` are YAML, the spec of a policy or whole objects.

    One of `look`, at each policy, and `look_at_all`, at everything there is, is set; none of them
    for what is found while files are read, or findings are sorted out.
    """

    id: str
    slug: str
    severity: Severity
    summary: str
    why: str
    bad: str
    good: str
    look: Look | None = None
    look_at_all: LookAtAll | None = None

    @property
    def strict(self) -> bool:
        """Whether its findings are told only to those who ask for all."""
        return self.severity <= Severity.INFO


RULES: Final[dict[str, LintRule]] = {}
"""By id."""


def rule(
    id_: str, slug: str, severity: Severity, summary: str, *, why: str, bad: str, good: str
) -> Callable[[Look], Look]:
    """Declare a rule about one policy."""

    def declare(look: Look) -> Look:
        _add(LintRule(id_, slug, severity, summary, why, bad, good, look=look))
        return look

    return declare


def rule_about_all(
    id_: str, slug: str, severity: Severity, summary: str, *, why: str, bad: str, good: str
) -> Callable[[LookAtAll], LookAtAll]:
    """Declare a rule about all objects together."""

    def declare(look: LookAtAll) -> LookAtAll:
        _add(LintRule(id_, slug, severity, summary, why, bad, good, look_at_all=look))
        return look

    return declare


def declared(
    id_: str, slug: str, severity: Severity, summary: str, *, why: str, bad: str, good: str
) -> LintRule:
    """Declare a rule that is looked after elsewhere."""
    return _add(LintRule(id_, slug, severity, summary, why, bad, good))


def rule_named(text: str) -> LintRule | None:
    """Return the rule of an id or a slug, in any case."""
    wanted = text.casefold()
    for each in RULES.values():
        if wanted in {each.id.casefold(), each.slug}:
            return each
    return None


def _add(new: LintRule) -> LintRule:
    assert new.id not in RULES, f"{new.id} is a rule already"  # noqa: S101 - a mistake of ours
    RULES[new.id] = new
    return new
