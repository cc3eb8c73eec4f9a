"""The reference of the chart's values, from the comments in values.yaml."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from tests.generated.markdown import page, table

_KEY: Final = re.compile(r"( *)([A-Za-z_][\w.]*):(?: (.*))?$")
_COMMENT: Final = re.compile(r" *# ?(.*)$")


def values_page(file: Path, presets: Path) -> str:
    """Return the page of every value of both charts, its default, and what it is for."""
    return page(
        "# Values of the Helm charts",
        "",
        "A value that is not listed is an error. See [install.md](install.md) for what is commonly",
        "set.",
        "",
        "## policy-approver",
        "",
        "What approver-policy's chart has is read here, too, under the same names.",
        "",
        *_table(file),
        "",
        "## policy-presets",
        "",
        "Policies, each with a ClusterRole that lets `requesters` use it, and its binding.",
        "",
        *_table(presets),
    )


def _table(file: Path) -> Iterator[str]:
    return table(("value", "default", "meaning"), _rows(file.read_text(encoding="utf-8")))


def comments(text: str) -> Mapping[str, str]:
    """Return what stands above each key, by its path; of keys that follow each other, the first's.

    An empty line ends what is said of the keys before it.
    """
    said: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    current, lines = dict[int, str](), list[str]()
    for line in text.splitlines():
        if comment := _COMMENT.match(line):
            lines.append(comment[1])
        elif key := _KEY.match(line):
            depth = len(key[1])
            path = [*((at, name) for at, name in path if at < depth), (depth, key[2])]
            if lines:
                current[depth], lines = " ".join(lines), []
            said[".".join(name for _, name in path)] = current.get(depth, "")
            current = {at: words for at, words in current.items() if at <= depth}
        elif not line.strip():
            current, lines = {}, []
    return said


def leaves(
    values: Mapping[str, Any], commented: Mapping[str, str], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield path and default of each value; an object in one line is one."""
    for name, value in values.items():
        path = f"{prefix}{name}"
        inner = isinstance(value, dict) and any(f"{path}.{key}" in commented for key in value)
        if inner:
            yield from leaves(value, commented, f"{path}.")
        else:
            yield path, value


def _rows(text: str) -> Iterator[tuple[str, ...]]:
    commented = comments(text)
    above = ""
    for path, default in leaves(yaml.safe_load(text), commented):
        meaning = _meaning(path, commented).replace("|", "\\|")
        yield f"`{path}`", f"`{_written(default)}`", "as above" if meaning == above else meaning
        above = meaning


def _meaning(path: str, commented: Mapping[str, str]) -> str:
    """Return what is said of a value, or of what it is a part of."""
    parts = path.split(".")
    found = (commented.get(".".join(parts[:end])) for end in range(len(parts), 0, -1))
    return next(filter(None, found), "")


def _written(default: object) -> str:
    return yaml.safe_dump(default, default_flow_style=True, width=1000).split("\n...")[0].strip()
