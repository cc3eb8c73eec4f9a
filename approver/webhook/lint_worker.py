"""The process that lints policies for the webhook, one line of JSON after the other.

A policy can be written so that its analysis takes long. Here it costs the decisions nothing, and it
can be ended.
"""

import os
import resource
import sys
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from approver.crd import own_schema
from approver.lint import Estate, LintRule, Shape, Subject, lint
from approver.model import fitting
from approver.rules import Activation, Answer, CelRule, Flaw, Question, RuleEngineError
from approver.webhook.admission import LONGEST_WARNING

_MOST_WARNINGS: Final = 10
_ADDRESS_SPACE_BYTES: Final = 512 << 20
_NICENESS: Final = 5  # decisions, and the API server on the same machine, go first


class Task(msgspec.Struct):
    """A policy, and what its rules are warned of: each with its scope, its text and the warning."""

    policy: dict[str, Any]
    warnings: list[tuple[str, str, str]]


def main() -> None:
    """Lint what standard input says, and answer with a list of warnings; null if that fails."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE_BYTES,) * 2)
    shape, decoder = Shape(own_schema()), msgspec.json.Decoder(Task)
    for line in sys.stdin.buffer:
        try:
            found = warnings(decoder.decode(line), shape)
        except (RecursionError, ValueError):  # something is nested deeper than anybody nests it
            found = None
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        sys.stdout.buffer.flush()


def warnings(task: Task, shape: Shape) -> list[str]:
    """Return what lint finds in a policy that is valid, each as a line of text; the worst first.

    As `approver lint` does, it leaves out what is of severity info.
    """
    known = {(scope, text): Flaw(flaw, usable=True) for scope, text, flaw in task.warnings}
    subject = Subject.parse(task.policy, shape, _Compiled(known))
    findings = lint(Estate([subject]), _told)
    found = [
        f"{each.rule.id} {each.rule.slug}: {each.hit.path or 'metadata.name'}: {each.hit.message}"
        for each in sorted(findings, key=lambda each: each.severity, reverse=True)
    ]
    texts = [fitting(text, LONGEST_WARNING) for text in found[:_MOST_WARNINGS]]
    if left := len(found) - len(texts):
        texts.append(f"{left} more findings: approver lint")
    return texts


def _told(rule: LintRule) -> bool:
    return rule.look is not None and not rule.strict


class _Compiled:
    """An engine that knows all rules already, and is asked nothing else."""

    def __init__(self, known: Mapping[tuple[str, str], Flaw]) -> None:
        self._known = known

    def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Return what was said of each rule."""
        return {rule: self._known.get((rule.scope, rule.text)) for rule in rules}

    def ask(self, questions: Collection[Question], _: Activation) -> Mapping[Question, Answer]:
        """Answer nothing."""
        raise RuleEngineError(f"{len(questions)} questions to an engine that only compiles")


if __name__ == "__main__":
    main()
