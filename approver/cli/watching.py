"""Noticing that files change, by looking twice a second."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

_SECONDS: Final = 0.5


def changes(paths: Iterable[Path]) -> Iterator[None]:
    """Yield each time that a file below the folders of these paths is another than before."""
    folders = [path if path.is_dir() else path.parent for path in paths]
    known = _state(folders)
    while True:
        time.sleep(_SECONDS)
        now = _state(folders)
        if now != known:
            known = now
            yield


def _state(folders: Iterable[Path]) -> Mapping[Path, tuple[int, int]]:
    return dict(entry for folder in folders for entry in _entries(folder))


def _entries(folder: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            try:
                stat = path.stat()
            except OSError:  # gone meanwhile
                continue
            yield path, (stat.st_mtime_ns, stat.st_size)
