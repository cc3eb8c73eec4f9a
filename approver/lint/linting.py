"""All rules over all objects: findings, without those that are silenced."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from approver.lint import rules as _rules  # noqa: F401 - declares them
from approver.lint.finding import Finding, Fix, Hit
from approver.lint.rule import RULES, LintRule
from approver.lint.rules.reading import UNUSED_SILENCER
from approver.lint.subject import Estate, LintObject

PREFIX: Final = "lint.policy.cert-manager.io/"
"""Of the annotations that silence a rule on an object: the rule's id; the value is the reason."""
Wanted = Callable[[LintRule], bool]


def lint(estate: Estate, wanted: Wanted = lambda _: True) -> list[Finding]:
    """Return the findings of the rules that are wanted, in the order of objects and of ids.

    Raise `RuleEngineError`.
    """
    found = list(_found(estate, wanted))
    heard = [finding for finding in found if not _reason(finding)]
    for of in (*estate.policies, *(of for of, _ in (*estate.roles, *estate.bindings))):
        told = {finding.rule.id for finding in found if finding.of is of}
        heard += (Finding(UNUSED_SILENCER, of, hit) for hit in _unused(of, told))
    order = {id(of): number for number, of in enumerate(_objects(estate))}
    return sorted(
        (finding for finding in heard if wanted(finding.rule)),
        key=lambda finding: (order.get(id(finding.of), 0), finding.rule.id),
    )


def _objects(estate: Estate) -> Iterator[LintObject]:
    yield from estate.policies
    yield from (of for of, _ in (*estate.roles, *estate.bindings))


def _found(estate: Estate, wanted: Wanted) -> Iterator[Finding]:
    for subject in estate.policies:
        for each in RULES.values():
            if each.look and (wanted(each) or _named(subject, each)):
                yield from _findings(each, subject, each.look(subject))
    for each in RULES.values():
        if each.look_at_all and (wanted(each) or any(_named(of, each) for of in _objects(estate))):
            for hit in each.look_at_all(estate):
                if hit.of:
                    yield Finding(each, hit.of, hit)


def _findings(rule: LintRule, of: LintObject, hits: Iterable[Hit]) -> Iterator[Finding]:
    yield from (Finding(rule, of, hit) for hit in dict.fromkeys(hits))


def _named(of: LintObject, rule: LintRule) -> str:
    """Return what an annotation says of a rule, "" if there is none."""
    found = [of.annotations.get(f"{PREFIX}{name}") for name in (rule.id, rule.slug)]
    return next((value.strip() for value in found if isinstance(value, str)), "")


def _reason(finding: Finding) -> str:
    """Return why it is silenced, "" if it is not."""
    return _named(finding.of, finding.rule)


def _of_all(rule_id: str) -> bool:
    """Tell whether what a rule finds in an object depends on what else is among the files."""
    return RULES[rule_id].look_at_all is not None


def _unused(of: LintObject, told: set[str]) -> Iterator[Hit]:
    slugs: Mapping[str, str] = {each.slug: each.id for each in RULES.values()}
    for name, reason in of.annotations.items():
        if not (isinstance(name, str) and name.startswith(PREFIX)):
            continue
        given = name.removeprefix(PREFIX)
        path = f"metadata.annotations.{name}"
        if slugs.get(given, given) not in RULES:
            yield Hit(path, f"there is no rule {given}", fix=Fix("remove"))
        elif not (isinstance(reason, str) and reason.strip()):
            yield Hit(path, "gives no reason, and so silences nothing")
        elif slugs.get(given, given) not in told and not _of_all(slugs.get(given, given)):
            yield Hit(path, f"silences nothing: {given} finds nothing here", fix=Fix("remove"))
