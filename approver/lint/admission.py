"""What Kubernetes' own CEL can say of a policy while it is written: some of the rules, as warnings.

The API server evaluates it in a ValidatingAdmissionPolicy that warns and never refuses. Ids and
texts are those of the rules; a test holds both against each other. What needs a witness there is
said here by the form of a pattern alone.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from approver.lint.linting import PREFIX
from approver.lint.rule import RULES, LintRule

_FLAT: Final = "(has(object.spec.{0}) ? object.spec.{0} : [])"
_ALLOWED: Final = "has(object.spec.allowed) && has(object.spec.allowed.{0})"
_VALUES: Final = (
    f"({_ALLOWED} && has(object.spec.allowed.{{0}}.values) ? object.spec.allowed.{{0}}.values : [])"
)
VARIABLES: Final[Mapping[str, str]] = {
    "names": " + ".join(
        (
            _FLAT.format("allowedDNSNames"),
            _FLAT.format("allowedEmailAddresses"),
            _VALUES.format("dnsNames"),
            _VALUES.format("emailAddresses"),
        )
    ),
    "usages": " + ".join(
        (
            _FLAT.format("allowedUsages"),
            f"({_ALLOWED.format('usages')} ? object.spec.allowed.usages : [])",
        )
    ),
    "plugins": "has(object.spec.plugins) ? object.spec.plugins.map(name, name) : []",
}
"""What the expressions name, as CEL over the object."""

_FOUND: Final[Mapping[str, str]] = {
    "CRP103": "variables.plugins",
    "CRP201": (
        "variables.names.filter(name, name.contains('.') && name.matches(r'^\\*[^*.@\\-_{$<]'))"
    ),
    "CRP301": "variables.usages == ['any'] ? ['any'] : []",
}
"""What is wrong, as a list of texts, by the rule."""


def validations() -> Sequence[Mapping[str, str]]:
    """Return the validations of the ValidatingAdmissionPolicy."""
    return [_validation(RULES[id_], found) for id_, found in _FOUND.items()]


def _validation(rule: LintRule, found: str) -> Mapping[str, str]:
    silenced = (
        f"(has(object.metadata.annotations) && '{PREFIX}{rule.id}' in object.metadata.annotations)"
    )
    summary = rule.summary.replace("\\", "\\\\").replace("'", "\\'")
    return {
        "expression": f"{silenced} || size({found}) == 0",
        "messageExpression": f"'{rule.id} {rule.slug}: {summary}: ' + ({found}).join(', ')",
    }
