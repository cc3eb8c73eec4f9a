"""Changes of a file's text in place: comments and layout stay as they are."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import yaml

from approver.manifests.places import Place

Kind = Literal["quote", "replace", "within", "rename", "remove"]


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """`text[start:end]` becomes something else."""

    start: int
    end: int
    replacement: str


def edit(text: str, place: Place, kind: Kind, new: str = "", old: str = "") -> Edit | None:
    """Return the edit that changes a field; None if it cannot be told where.

    See `Fix` in approver.lint for the kinds.
    """
    start, end = place.value_span.start, place.value_span.end
    match kind:
        case "quote":
            return Edit(start, end, json.dumps(text[start:end].strip()))
        case "replace":
            return Edit(start, end, json.dumps(new, ensure_ascii=False))
        case "within":
            return _within(text, place, new, old)
        case "rename" if place.key:
            key = place.span
            return Edit(key.start, key.end, new)
        case "remove":
            return _removed(text, place)
    return None


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with the edits made; of those that overlap, the first."""
    end = len(text) + 1
    for each in sorted(set(edits), reverse=True):
        if each.end <= end:
            text = text[: each.start] + each.replacement + text[each.end :]
            end = each.start
    return text


def quoted_line(text: str, index: int) -> Edit:
    """Return the edit that puts the rest of a line, up to a comment, into quotes."""
    end = text.find("\n", index)
    line = text[index : end if end >= 0 else len(text)]
    value = re.split(r"\s+#", line)[0].rstrip()
    return Edit(index, index + len(value), json.dumps(value, ensure_ascii=False))


def _within(text: str, place: Place, new: str, old: str) -> Edit | None:
    span = place.value_span
    source = text[span.start : span.end]
    node = place.value
    plain = isinstance(node, yaml.ScalarNode) and node.style in {None, "", "|", ">"}
    # In quotes, what is inserted must not hold a character that ends or escapes them.
    fits = plain or not re.search(r"[\"'\\]", new.replace(old, ""))
    if source.count(old) == 1 and fits and not (plain and new.startswith(tuple("*&!|>%@`"))):
        start = span.start + source.index(old)
        return Edit(start, start + len(old), new)
    if not isinstance(node, yaml.ScalarNode) or node.value.count(old) != 1:
        return None
    if node.style in {"|", ">"}:
        return None
    changed = json.dumps(node.value.replace(old, new), ensure_ascii=False)
    return Edit(span.start, span.end, changed)


def _removed(text: str, place: Place) -> Edit:
    """Take away a field or an item with what belongs to it: its line, or its comma."""
    start, end = (
        place.span.start,
        place.value_span.start + len(text[place.value_span.start : place.value_span.end].rstrip()),
    )
    line = text.rfind("\n", 0, start) + 1
    if re.fullmatch(r"\s*(- +)?", text[line:start]):
        following = text.find("\n", end)
        rest = text[end : following if following >= 0 else len(text)]
        if re.fullmatch(r"[ \t]*(#.*)?", rest):
            return Edit(line, following + 1 if following >= 0 else len(text), "")
    if after := re.match(r"\s*,[ \t]*", text[end:]):
        return Edit(start, end + after.end(), "")
    before = re.search(r",\s*$", text[:start])
    return Edit(before.start() if before else start, end, "")
