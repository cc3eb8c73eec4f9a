"""Findings in policies: what is not what its author means. Pure; files and their places come later.

These are the package's public names.
"""

from approver.lint.finding import Finding, Fix, Hit, Severity
from approver.lint.linting import lint
from approver.lint.rule import RULES, LintRule, rule_named
from approver.lint.shape import Shape
from approver.lint.subject import Estate, LintObject, Subject

__all__ = [
    "RULES",
    "Estate",
    "Finding",
    "Fix",
    "Hit",
    "LintObject",
    "LintRule",
    "Severity",
    "Shape",
    "Subject",
    "lint",
    "rule_named",
]
"""All rules, by id, are in `RULES` once this package is imported."""
