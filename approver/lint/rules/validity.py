"""CRP1xx: what makes a policy not ready, or not what was written."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from approver.lint.cel_text import tokens
from approver.lint.finding import Fix, Hit, Severity
from approver.lint.rule import rule
from approver.lint.subject import Subject
from approver.model import Problem

_UNKNOWN: Final = "there is no such field"
_PLUGINS: Final = "no plugins are registered"

_INVENTIONS: Final[Mapping[str, str]] = {
    "spec.allowed.duration": "say it as constraints.maxDuration",
    "spec.allowed.maxDuration": "it is constraints.maxDuration",
    "spec.allowed.privateKey": "it is constraints.privateKey",
    "spec.allowed.issuerRef": "issuers are selected in selector.issuerRef",
    "spec.duration": "it is constraints.maxDuration, or maxDuration in pattern style",
    "spec.issuerRef": "it is selector.issuerRef",
    "spec.namespace": "it is selector.namespace",
    "spec.namespaceSelector": "it is selector.namespace, with matchNames or matchLabels",
    "spec.selector.namespaceSelector": "it is selector.namespace",
    "spec.selector.matchLabels": "it is selector.namespace.matchLabels",
    "spec.selector.matchExpressions": "it is selector.namespace.matchExpressions",
    "spec.selector.matchNames": "it is selector.namespace.matchNames",
    "spec.constraints.duration": "it is constraints.maxDuration",
    "spec.constraints.duration.max": "it is constraints.maxDuration",
    "spec.constraints.isCA": "it is allowed.isCA",
    "spec.constraints.usages": "it is allowed.usages",
}
"""What authors write, and what there is."""


@rule(
    "CRP101",
    "unknown-field",
    Severity.ERROR,
    "a field that does not exist",
    why="The API server drops such a field without a word when Helm or a tool of GitOps applies "
    "it: the bound is gone, and the policy permits more than its author wrote. 5 of 31 public "
    "policies set one, 3 of them for the very limit that they were about.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {values: ["*.example.com"]}
  duration: {max: 48h}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {values: ["*.example.com"]}
constraints:
  maxDuration: 48h
""",
)
def unknown_field(subject: Subject) -> Iterator[Hit]:
    """Find what no field reads."""
    for problem in subject.policy.problems:
        if problem.message == _UNKNOWN:
            yield Hit(problem.field, _UNKNOWN, *_cure(subject, problem.field), is_key=True)


def _cure(subject: Subject, path: str) -> tuple[str, Fix | None]:
    parent, _, name = path.rpartition(".")
    if known := _INVENTIONS.get(re.sub(r"\[\d+\]", "", path)):
        return known, None
    fields = subject.shape.fields_at(parent)
    near = get_close_matches(name, fields, 1)
    if not near:
        near = [each for each in fields if each.casefold() == name.casefold()]
    return (f"did you mean {near[0]}?", Fix("rename", near[0], safe=False)) if near else ("", None)


@rule(
    "CRP102",
    "invalid",
    Severity.ERROR,
    "the policy is not valid, and so not ready",
    why="A policy that is not ready decides nothing: requests that it selects wait for it.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {required: true}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames: {required: true, values: ["*.example.com"]}
""",
)
def invalid(subject: Subject) -> Iterator[Hit]:
    """Find all that is wrong and is not told by a rule of its own."""
    shape = subject.shape_problems
    typed = {problem.path for problem in shape if problem.quote_it}
    told = set[str](typed)
    rules = _of_rules(subject)
    found = [problem for problem in _all(subject) if problem.message not in {_UNKNOWN, _PLUGINS}]
    for problem in found:
        if problem.field not in rules and problem.field not in told:
            told.add(problem.field)
            yield Hit(problem.field, problem.message)
    for each in shape:
        if each.path not in told:
            told.add(each.path)
            yield Hit(each.path, each.message)


def _all(subject: Subject) -> Iterator[Problem]:
    if subject.unreadable:
        yield subject.unreadable
    elif not subject.name:
        yield Problem("metadata.name", "is required")
    yield from subject.policy.problems


@rule(
    "CRP103",
    "plugin",
    Severity.ERROR,
    "plugins are not supported",
    why="There are no plugins here, so a policy that sets spec.plugins is never ready. What the "
    "CEL plugin did is done by rules and validations, in CEL, too.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed: {dnsNames: {values: ["*.example.com"]}}
plugins:
  cel: {values: {rule: "size(self) < 64"}}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed: {dnsNames: {values: ["*.example.com"]}}
rules: [{rule: "request.dnsNames.all(name, size(name) < 64)", message: names are short}]
""",
)
def plugin(subject: Subject) -> Iterator[Hit]:
    """Find `spec.plugins`."""
    for problem in subject.policy.problems:
        if problem.message == _PLUGINS:
            yield Hit(problem.field, "no plugins are registered", "write a rule in CEL")


@rule(
    "CRP104",
    "rule-unusable",
    Severity.ERROR,
    "CEL does not take the rule",
    why="A rule that does not compile makes the policy not ready. The usual cause is a backslash: "
    "in a CEL string \\d is no escape, so write the string raw, r'\\d'. The reference's own "
    "example has this error.",
    bad=r"""
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames:
    validations:
      - {rule: "self.matches('^web\\d+$')", message: web and a number}
""",
    good=r"""
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames:
    validations:
      - {rule: "self.matches(r'^web\\d+$')", message: web and a number}
""",
)
def rule_unusable(subject: Subject) -> Iterator[Hit]:
    """Find rules that the engine refuses."""
    texts = {check.place: check.rule.text for check in subject.policy.rule_checks}
    for problem in subject.policy.problems:
        if problem.field in texts:
            yield Hit(f"{problem.field}.rule", problem.message, fix=_raw(texts[problem.field]))


def _raw(rule: str) -> Fix | None:
    """Make a string raw that has a backslash where CEL knows no such escape."""
    for token in tokens(rule):
        if token.kind == "string" and not token.raw and _NO_ESCAPE.search(token.content):
            return Fix("within", f"r{token.text}", token.text)
    return None


_NO_ESCAPE: Final = re.compile(r"""(?<!\\)(?:\\\\)*\\[^abfnrtv\\?"'`xXuU0-7]""")


@rule(
    "CRP405",
    "bad-constant-regex",
    Severity.ERROR,
    "a constant that is an error at every evaluation",
    why="RE2, or a function of Kubernetes, refuses this constant whenever the rule is asked. An "
    "error is a violation: nothing is approved, and the reason does not help the tenant.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames:
    validations:
      - {rule: "self.matches('(web')", message: web}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames:
    validations:
      - {rule: "self.matches('^web$')", message: web}
""",
)
def bad_constant_regex(subject: Subject) -> Iterator[Hit]:
    """Find what the engine warns of."""
    for warning in subject.policy.warnings:
        yield Hit(f"{warning.field}.rule", warning.message)


def _of_rules(subject: Subject) -> frozenset[str]:
    return frozenset(check.place for check in subject.policy.rule_checks)
