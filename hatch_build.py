"""Writes into the wheel which commit it is built from, for `approver version`."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CommitHook(BuildHookInterface):
    """Adds the file `approver/commit`: $SOURCE_COMMIT, or what git says."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Do so, unless the package is installed to be edited, when the commit changes."""
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory()
        file = Path(self._folder.name, "commit")
        file.write_text(f"{os.environ.get('SOURCE_COMMIT') or self._head()}\n", encoding="utf-8")
        build_data["force_include"][str(file)] = "approver/commit"

    def finalize(self, *_: object) -> None:
        """Remove the file."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    def _head(self) -> str:
        try:
            command = ["git", "rev-parse", "HEAD"]
            return subprocess.check_output(command, cwd=self.root, text=True).strip()  # noqa: S603
        except (OSError, subprocess.CalledProcessError):
            return "unknown"
