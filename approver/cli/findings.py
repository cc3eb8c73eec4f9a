"""What `lint` prints: findings with their places, as text or for programs."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from approver.cli.junit import Case, Suite, junit
from approver.cli.output import document
from approver.cli.terminal import Colour, Terminal
from approver.lint import RULES, Fix, LintRule, Severity
from approver.manifests.places import Place, Span

_PAGE: Final = "https://github.com/policy-approver/policy-approver/blob/main/docs/lint.md"
_COLOURS: Final[Mapping[Severity, Colour]] = {
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.INFO: "blue",
}


@dataclass(frozen=True, slots=True)
class Located:
    """A finding, and where it is: `span` is what to mark, `source` the file's text."""

    rule: LintRule
    kind: str
    name: str
    field: str
    message: str
    hint: str
    witness: str
    fix: Fix | None
    path: Path
    span: Span
    source: str
    place_of_fix: Place | None = None
    tag_at: int | None = None
    """Where an exclamation mark begins what is to be quoted."""

    @property
    def place(self) -> str:
        """The file, the line and the column."""
        return f"{self.path}:{self.span}"

    @property
    def sentence(self) -> str:
        """What is wrong, and where in the object."""
        where = f"{self.kind} {self.name}".strip() + (f": {self.field}" if self.field else "")
        return f"{where}: {self.message}"

    @property
    def fingerprint(self) -> str:
        """What stays the same when lines are added elsewhere."""
        parts = (self.rule.id, self.kind, self.name, self.field)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def line(self) -> str:
        """The line of the source."""
        lines = self.source.splitlines()
        return lines[self.span.line - 1] if self.span.line <= len(lines) else ""

    @property
    def length(self) -> int:
        """How many characters of that line are meant, at least one."""
        meant = self.source[self.span.start : self.span.end].split("\n")[0].rstrip()
        return max(len(meant), 1)


def as_text(found: Sequence[Located], policies: int, terminal: Terminal) -> str:
    """Return findings for people, with the lines that they are about, and a sum."""
    lines = [line for each in found for line in _text(each, terminal)]
    return "\n".join([*lines, _sum(found, policies)])


def _text(each: Located, terminal: Terminal) -> Iterator[str]:
    severity = terminal.paint(each.rule.severity.word, _COLOURS[each.rule.severity])
    head = terminal.paint(f"{each.rule.id} {each.rule.slug}", "bold")
    yield f"{each.place}: {severity} {head}: {each.sentence}"
    margin = " " * len(str(each.span.line))
    yield f"    {each.span.line} | {each.line}"
    hint = f" fix: {each.hint}" if each.hint else ""
    mark = terminal.paint("^" * each.length, _COLOURS[each.rule.severity])
    yield f"    {margin} | {' ' * (each.span.column - 1)}{mark}{hint}"
    if each.witness:
        yield f"    {margin}   approved, for example: {each.witness}"


def _sum(found: Sequence[Located], policies: int) -> str:
    of = f"{policies} polic{'y' if policies == 1 else 'ies'}"
    if not found:
        return f"no finding in {of}"
    counts = Counter(each.rule.severity for each in found)
    parts = [f"{counts[each]} {each.word}" for each in reversed(Severity) if counts[each]]
    fixable = sum(bool(each.fix and each.fix.safe) for each in found)
    parts += [f"{fixable} can be fixed: --fix"] if fixable else []
    return f"{len(found)} finding{'s' * (len(found) != 1)} in {of} ({'; '.join(parts)})"


def as_json(found: Sequence[Located], policies: int) -> str:
    """Return findings as a JSON document."""
    return document(policies=policies, findings=[_plain(each) for each in found])


def _plain(each: Located) -> dict[str, Any]:
    return {
        "id": each.rule.id,
        "slug": each.rule.slug,
        "severity": each.rule.severity.word,
        "file": str(each.path),
        "line": each.span.line,
        "column": each.span.column,
        "kind": each.kind,
        "name": each.name,
        "field": each.field,
        "message": each.message,
        "hint": each.hint or None,
        "witness": each.witness or None,
        "fix": None if each.fix is None else "safe" if each.fix.safe else "unsafe",
    }


def as_github(found: Sequence[Located]) -> str:
    """Return GitHub's workflow commands, which it shows beside the lines."""
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
    return "\n".join(
        f"::{words[each.rule.severity]} file={_escaped(str(each.path), ',:')},"
        f"line={each.span.line},col={each.span.column},"
        f"title={each.rule.id} {each.rule.slug}::{_escaped(each.sentence)}"
        for each in found
    )


def _escaped(text: str, also: str = "") -> str:
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def as_gitlab(found: Sequence[Located]) -> str:
    """Return GitLab's report of code quality."""
    words = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}
    return json.dumps(
        [
            {
                "description": f"{each.rule.slug}: {each.sentence}",
                "check_name": each.rule.id,
                "fingerprint": each.fingerprint,
                "severity": words[each.rule.severity],
                "location": {"path": str(each.path), "lines": {"begin": each.span.line}},
            }
            for each in found
        ],
        indent=2,
        ensure_ascii=False,
    )


def as_junit(found: Sequence[Located], files: Sequence[Path]) -> str:
    """Return JUnit's XML: a suite for each file, a failed case for each finding in it."""
    suites = []
    for file in files:
        cases = [
            Case(
                f"{each.rule.id} {each.rule.slug}",
                line=each.span.line,
                failure=f"{each.place}: {each.sentence}",
            )
            for each in found
            if each.path == file
        ]
        suites.append(Suite(str(file), cases or [Case("lint")]))
    return junit("approver lint", suites)


def _uri(path: Path) -> str:
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def as_sarif(found: Sequence[Located], version: str) -> str:
    """Return SARIF 2.1.0."""
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    rules = sorted({each.rule.id for each in found})
    driver = {
        "name": "policy-approver",
        "version": version,
        "informationUri": "https://github.com/policy-approver/policy-approver",
        "rules": [
            {
                "id": id_,
                "name": RULES[id_].slug,
                "shortDescription": {"text": RULES[id_].summary},
                "fullDescription": {"text": RULES[id_].why},
                "helpUri": f"{_PAGE}#{id_.lower()}-{RULES[id_].slug}",
                "defaultConfiguration": {"level": words[RULES[id_].severity]},
            }
            for id_ in rules
        ],
    }
    results = [
        {
            "ruleId": each.rule.id,
            "ruleIndex": rules.index(each.rule.id),
            "level": words[each.rule.severity],
            "message": {"text": each.sentence},
            "partialFingerprints": {"policyField/v1": each.fingerprint},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(each.path)},
                        "region": {
                            "startLine": each.span.line,
                            "startColumn": each.span.column,
                            "endColumn": each.span.column + each.length,
                        },
                    }
                }
            ],
        }
        for each in found
    ]
    return json.dumps(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": driver},
                    "columnKind": "unicodeCodePoints",
                    "results": results,
                }
            ],
        },
        indent=2,
        ensure_ascii=False,
    )
