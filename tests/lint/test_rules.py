"""Every rule finds its bad example, and not its good one."""

import re

import pytest

from approver.lint import RULES, LintRule, rule_named
from tests.lint.linted import ids


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_finds_its_bad_example(rule: LintRule) -> None:
    assert rule.id in ids(rule.bad)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_finds_nothing_in_its_good_example(rule: LintRule) -> None:
    assert rule.id not in ids(rule.good)


def test_ids_are_as_they_are_written() -> None:
    assert all(re.fullmatch(r"CRP\d{3}", each) for each in RULES)
    slugs = [rule.slug for rule in RULES.values()]
    assert len(set(slugs)) == len(slugs)


def test_a_rule_has_two_names() -> None:
    assert rule_named("crp301") is rule_named("usages-any") is RULES["CRP301"]
    assert rule_named("CRP000") is None
