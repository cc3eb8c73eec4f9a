"""CRP4xx: rules in CEL that say less, or other, than they seem to."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from approver.analysis import contradicted, implied
from approver.lint.cel_text import Token, calls, names, tokens
from approver.lint.finding import Fix, Hit, Severity
from approver.lint.rule import rule
from approver.lint.subject import Subject

_OWNERS: Final = frozenset(
    f"{of}.{name}" for of in ("cr", "request") for name in ("namespace", "username")
)
_ROOTS: Final = frozenset({"self", "cr", "request"})
_START: Final = """\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames:
    validations:
      - rule: """


def _example(rule_text: str) -> str:
    return f"{_START}{rule_text}\n        message: a name of the namespace\n"


@rule(
    "CRP401",
    "constant-rule",
    Severity.ERROR,
    "the rule looks at nothing of the request",
    why="A rule that names neither self nor cr nor request has one answer for all requests: it "
    "denies everything, or nothing.",
    bad=_example("\"'example.com' == 'example.com'\""),
    good=_example("self == 'example.com'"),
)
def constant_rule(subject: Subject) -> Iterator[Hit]:
    """Find rules without a variable."""
    for path, text in subject.rules():
        if _is_constant(text):
            yield Hit(path, "names neither self nor cr nor request")


@rule(
    "CRP402",
    "no-separator",
    Severity.ERROR,
    "a namespace, or an account, is compared without a separator",
    why="endsWith(cr.namespace + '.svc') permits the namespace prod the names of nonprod, whose "
    "ends are the same. The documented example of approver-policy has this error. Put the "
    "separator in front: '.' + cr.namespace.",
    bad=_example("self.endsWith(cr.namespace + '.svc.cluster.local')"),
    good=_example("self.endsWith('.' + cr.namespace + '.svc.cluster.local')"),
)
def no_separator(subject: Subject) -> Iterator[Hit]:
    """Find who asks at the very edge of what is compared."""
    for path, text in subject.rules():
        for argument in calls(text, "endsWith"):
            if argument and argument[0].text in _OWNERS:
                name = argument[0].text
                yield Hit(
                    path,
                    f'endsWith({name} ...) has no separator in front: "nonprod" ends like "prod"',
                    f"write endsWith('.' + {name} ...)",
                    _with_dot(text, name),
                )
        for argument in calls(text, "startsWith"):
            if argument and argument[-1].text in _OWNERS:
                name = argument[-1].text
                yield Hit(
                    path,
                    f'startsWith(... {name}) has no separator behind: "prod-x" begins like "prod"',
                    f"write startsWith(... {name} + '/') or + '.'",
                )
        for argument in calls(text, "contains"):
            if any(token.text in _OWNERS for token in argument) and not _enclosed(argument):
                yield Hit(path, "contains() of who asks matches within longer names, too")


def _with_dot(text: str, name: str) -> Fix | None:
    found = re.findall(rf"endsWith\(\s*{re.escape(name)}", text)
    if len(found) == 1:
        return Fix("within", found[0].replace(name, f"'.' + {name}"), found[0], safe=False)
    return None


def _enclosed(argument: Sequence[Token]) -> bool:
    """Tell whether separators stand on both sides."""
    return argument[0].kind == argument[-1].kind == "string"


@rule(
    "CRP403",
    "unanchored",
    Severity.WARNING,
    "a regular expression that need not match the whole value",
    why="matches() looks for the expression anywhere in the value: '[0-9.]+' also matches "
    "evil1.example.com. Anchor it with ^ and $.",
    bad=_example("self.matches('web-[0-9]+')"),
    good=_example("self.matches('^web-[0-9]+$')"),
)
def unanchored(subject: Subject) -> Iterator[Hit]:
    """Find constants without anchors."""
    for path, text in subject.rules():
        for argument in calls(text, "matches"):
            if len(argument) == 1 and argument[0].kind == "string":
                content = argument[0].content
                begins = re.match(r"(\(\?[a-z]+\))?(\^|\\A)", content.replace("\\\\", "\\"))
                if not (begins and re.search(r"(\$|\\z)$", content)):
                    yield Hit(
                        path,
                        f"matches({argument[0].text}) need not match the whole value",
                        "begin it with ^ and end it with $",
                    )


@rule(
    "CRP404",
    "chosen-by-requester",
    Severity.WARNING,
    "the rule goes by a name that the requester chooses",
    why="Tenants name their CertificateRequests and Certificates as they like. Go by the namespace "
    "or the requester.",
    bad=_example("cr.name.startsWith('web-')"),
    good=_example("cr.namespace.startsWith('web-')"),
)
def chosen_by_requester(subject: Subject) -> Iterator[Hit]:
    """Find the request's own name."""
    for path, text in subject.rules():
        chosen = {token.text for token in tokens(text)} & {"cr.name", "request.name"}
        for name in sorted(chosen):
            yield Hit(path, f"{name} is chosen by the requester")


@rule(
    "CRP406",
    "errs-when-absent",
    Severity.WARNING,
    "the rule is an error where a field is not set",
    why="request.duration is an error to read if it is not set, and a label is one that is not "
    "there. An error is a violation whose reason does not help the tenant: ask first, with "
    "has(request.duration) or 'key' in request.namespaceLabels.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed: {dnsNames: {values: ["*.example.com"]}}
rules:
  - {rule: "request.duration <= duration('24h')", message: at most a day}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed: {dnsNames: {values: ["*.example.com"]}}
rules:
  - {rule: "has(request.duration) && request.duration <= duration('24h')", message: at most a day}
""",
)
def errs_when_absent(subject: Subject) -> Iterator[Hit]:
    """Find fields and keys that are read without a question."""
    for path, text in subject.rules():
        found = [token.text for token in tokens(text)]
        if "request.duration" in found and "has" not in found:
            yield Hit(path, "is an error if the request has no duration: ask has() first")
        for index, word in enumerate(found[:-1]):
            if word in _MAPS and found[index + 1] == "[" and "in" not in found:
                yield Hit(path, f"is an error if {word} has no such key: ask with in first")


_MAPS: Final = ("request.namespaceLabels", "request.annotations")


@rule(
    "CRP409",
    "no-message",
    Severity.INFO,
    "a rule without a message",
    why="What a tenant reads is the rule's text, in CEL. A message says what is wanted.",
    bad=_START + "self.endsWith('.example.com')\n",
    good=_START + "self.endsWith('.example.com')\n        message: below example.com\n",
)
def no_message(subject: Subject) -> Iterator[Hit]:
    """Find rules without one."""
    for check in subject.policy.rule_checks:
        if not check.message:
            yield Hit(check.place, "has no message")


@rule(
    "CRP407",
    "implied-rule",
    Severity.INFO,
    "a rule that denies nothing, beside the values",
    why="The values permit only what passes the rule, too. One of them is needless, or was meant "
    "to say something else. Proven for all requests.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames:
    values: ["*.pay.example.com"]
    validations:
      - {rule: "self.endsWith('.example.com')", message: below example.com}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames:
    values: ["*.pay.example.com"]
    validations:
      - {rule: "!self.contains('*')", message: no wildcard}
""",
)
def implied_rule(subject: Subject) -> Iterator[Hit]:
    """Find rules that take nothing away."""
    for check in subject.policy.rule_checks if subject.policy.ready else ():
        if implied(subject.policy, check) and not _is_constant(check.rule.text):
            yield Hit(f"{check.place}.rule", "takes nothing away of what the values permit")


@rule(
    "CRP408",
    "rule-against-values",
    Severity.ERROR,
    "no permitted value satisfies the rule",
    why="The values and the rule contradict each other, so nothing is permitted here at all. "
    "Proven for all requests.",
    bad="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames:
    values: ["*.example.com"]
    validations:
      - {rule: "self.endsWith('.example.org')", message: below example.org}
""",
    good="""\
selector: {issuerRef: {name: ca}}
allowed:
  dnsNames:
    values: ["*.example.com"]
    validations:
      - {rule: "self.endsWith('.pay.example.com')", message: below pay.example.com}
""",
)
def rule_against_values(subject: Subject) -> Iterator[Hit]:
    """Find rules that leave nothing."""
    for check in subject.policy.rule_checks if subject.policy.ready else ():
        if contradicted(subject.policy, check) and not _is_constant(check.rule.text):
            yield Hit(f"{check.place}.rule", "is true of nothing that the values permit")


def _is_constant(text: str) -> bool:
    """Tell whether CRP401 has said so already."""
    return not any(name.partition(".")[0] in _ROOTS for name in names(text))
