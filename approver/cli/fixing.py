"""Mending files: what findings say how to mend, until nothing more is to be done."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from approver.cli.findings import Located
from approver.cli.linted import Linted, Wanted, read
from approver.manifests.documents import DocumentError, documents
from approver.manifests.edits import Edit, applied, edit, quoted_line
from approver.manifests.files import STANDARD_INPUT

_MOST_ROUNDS: Final = 10


def fix_files(paths: Iterable[Path], wanted: Wanted, *, unsafe: bool) -> Iterator[str]:
    """Mend files in place; yield a note for each that was changed. Raise `OSError`."""
    paths = list(paths)
    if STANDARD_INPUT in paths:
        yield "standard input cannot be mended: name files"
        return
    changes = defaultdict[Path, int](int)
    for _ in range(_MOST_ROUNDS):
        mended = list(_mended(read(paths, wanted), unsafe=unsafe))
        for path, _, text, number in mended:
            path.write_text(text, encoding="utf-8", newline="")
            changes[path] += number
        if not mended:
            break
    for path, number in changes.items():
        yield f"{path}: mended {number} finding{'s' * (number != 1)}"


def differences(linted: Linted, *, unsafe: bool) -> str:
    """Return what mending would change first, as `diff -u` writes it."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n"
        for path, old, new, _ in _mended(linted, unsafe=unsafe)
        for line in difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), str(path), str(path)
        )
    )


def _mended(linted: Linted, *, unsafe: bool) -> Iterator[tuple[Path, str, str, int]]:
    """Yield each file that changes: its text before and after, and for how many findings."""
    by_file: Mapping[Path, list[Located]] = defaultdict(list)
    for each in linted.found:
        by_file[each.path].append(each)
    for path, found in by_file.items():
        edits = {change for each in found if (change := _change(each, unsafe=unsafe))}
        text = applied(found[0].source, edits)
        if edits and text != found[0].source and not _gets_worse(found[0].source, text):
            yield path, found[0].source, text, len(edits)


def _change(each: Located, *, unsafe: bool) -> Edit | None:
    if each.tag_at is not None:
        return quoted_line(each.source, each.tag_at)
    fix = each.fix
    if not (fix and each.place_of_fix and (fix.safe or unsafe)) or each.place_of_fix.missing:
        return None
    return edit(each.source, each.place_of_fix, fix.kind, fix.text, fix.old)


def _gets_worse(before: str, after: str) -> bool:
    """Tell whether a text that could be read can be read no more."""
    return _readable(before) and not _readable(after)


def _readable(text: str) -> bool:
    try:
        return all(node is not None for _, node in documents(text))
    except DocumentError:
        return False
