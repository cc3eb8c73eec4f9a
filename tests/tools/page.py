"""The page of tools whose CSRs pass."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.tools.tools import TOOLS, Tool

PAGE: Final = Path(__file__).parents[2] / "docs" / "tools.md"

_HEAD: Final = """\
# Tools whose requests pass

What these programs write is read, and can be approved. The forms below are made anew by the tests
with the programs that are installed, and approved by a policy that permits every name, subject and
usage, and what the form needs beside.

| tool | tried with | forms |
| --- | --- | --- |
"""


def page() -> str:
    """Return the page; a tool that is not installed here keeps the version it was tried with."""
    tried = _versions()
    return _HEAD + "".join(_row(tool, tool.installed or tried.get(tool.name)) for tool in TOOLS)


def _versions() -> Mapping[str, str]:
    return dict(_rows(PAGE.read_text(encoding="utf-8"))) if PAGE.exists() else {}


def _rows(text: str) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"^\| ([^|]+) \| ([0-9.]+) \|", text, re.MULTILINE)


def _row(tool: Tool, version: str | None) -> str:
    forms = "; ".join(form.title for form in tool.forms)
    return f"| {tool.name} | {version or 'not yet'} | {forms} |\n"
