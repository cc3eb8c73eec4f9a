"""JUnit's XML, as CI systems read it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

# XML 1.0 has no other characters, not even escaped.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Case:
    """A test, or a finding; `failure` says what was not as it should be, "" if all was."""

    name: str
    line: int | None = None
    failure: str = ""
    error: bool = False
    """Whether the answer could not be had at all."""


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of one file."""

    file: str
    cases: Sequence[Case]


def junit(name: str, suites: Sequence[Suite]) -> str:
    """Return the document."""
    cases = [case for suite in suites for case in suite.cases]
    root = ET.Element("testsuites", {"name": name, **_counts(cases)})
    for suite in suites:
        element = ET.SubElement(root, "testsuite", {"name": suite.file, **_counts(suite.cases)})
        for case in suite.cases:
            _add(element, case, suite.file)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _add(suite: ET.Element, case: Case, file: str) -> None:
    line = {} if case.line is None else {"line": str(case.line)}
    attributes = {"name": _clean(case.name), "classname": _clean(file), "file": _clean(file)}
    element = ET.SubElement(suite, "testcase", attributes | line)
    if case.failure:
        text = _clean(case.failure)
        said = ET.SubElement(element, "error" if case.error else "failure")
        said.set("message", text.partition("\n")[0])
        said.text = text


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(bool(case.failure) and not case.error for case in cases)),
        "errors": str(sum(bool(case.failure) and case.error for case in cases)),
    }


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
