"""What a repository says of linting in `.approver.yaml`, where the command is run.

lint:
ignore: [CRP208]
per-file:
"legacy/*.yaml": [no-dot]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final, Self

from approver.lint import LintRule, rule_named
from approver.manifests.documents import DocumentError, documents
from approver.manifests.files import UnusableError
from approver.model import quote, quote_all

FILE: Final = Path(".approver.yaml")


@dataclass(frozen=True, slots=True)
class LintConfig:
    """Which rules are not looked at, by their ids: anywhere, and in files by a pattern."""

    ignore: frozenset[str] = frozenset()
    per_file: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path = FILE) -> Self:
        """Read a file, if it is there; raise `UnusableError`."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError) as error:
            raise UnusableError(f"{path}: cannot be read: {error}") from error
        try:
            said = [value for value, _ in documents(text)]
        except DocumentError as error:
            raise UnusableError(f"{path}: {error}") from error
        return cls._of(said[0] if said else {}, path)

    @classmethod
    def _of(cls, said: object, path: Path) -> Self:
        lint = _object(_object(said, "", ("lint",), path).get("lint") or {}, "lint", _KEYS, path)
        per_file = _object(lint.get("per-file") or {}, "lint.per-file", None, path)
        return cls(
            _ids(lint.get("ignore") or [], "lint.ignore", path),
            {
                pattern: _ids(names, f"lint.per-file.{pattern}", path)
                for pattern, names in per_file.items()
            },
        )

    def silences(self, rule: LintRule, path: Path) -> bool:
        """Tell whether a rule does not count in a file."""
        return rule.id in self.ignore or any(
            rule.id in ids and fnmatch(str(path), pattern) for pattern, ids in self.per_file.items()
        )


_KEYS: Final = ("ignore", "per-file")


def _object(value: object, where: str, keys: Sequence[str] | None, path: Path) -> Mapping[str, Any]:
    name = where or "the file"
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise UnusableError(f"{path}: {name} must be an object")
    unknown = [key for key in value if keys is not None and key not in keys]
    if unknown:
        known = ", ".join(keys or ())
        raise UnusableError(f"{path}: {name} has no {quote_all(unknown)}: there are {known}")
    return value


def _ids(names: object, where: str, path: Path) -> frozenset[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UnusableError(f"{path}: {where} must be a list of rules")
    found = {name: rule_named(name) for name in names}
    unknown = [name for name, rule in found.items() if rule is None]
    if unknown:
        raise UnusableError(
            f"{path}: {where}: there is no rule {quote(unknown[0])}: see approver lint --list"
        )
    return frozenset(rule.id for rule in found.values() if rule)
