"""The page about CI, whose transcripts are made by running the commands."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.crds.examples import REPOSITORY
from tests.generated.markdown import page

PAGE: Final = REPOSITORY / "docs" / "ci.md"
FOLDER: Final = REPOSITORY / "tests" / "cli" / "gitops"
_SECONDS: Final = 50
_MENDED: Final = (
    ("usages: [any]", "usages: [digital signature, key encipherment, server auth]"),
    ('resourceNames: ["web*"]', "resourceNames: [web]"),
)


def ci_page() -> str:
    """Return the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "gitops")
        shutil.copytree(FOLDER, folder)
        before = [*run(folder, "lint ."), "", *run(folder, "lint --fix --unsafe .")]
        policy = folder / "teams" / "web" / "policy.yaml"
        text = policy.read_text(encoding="utf-8")
        for wrong, right in _MENDED:
            assert wrong in text
            text = text.replace(wrong, right)
        policy.write_text(text, encoding="utf-8")
        after = [*run(folder, "lint ."), *run(folder, "test ."), *run(folder, "check .")]
    return page(
        "# Policies in CI",
        "",
        "The commands take a whole repository, with Helm's values and kustomizations in it, and",
        "other objects: what has no say is passed over and counted. Exit status 1 is an answer, 2",
        "is input that cannot be used, 3 that there was no answer. No cluster is needed. A job:",
        "",
        "    pip install policy-approver",
        "    approver lint -o sarif=lint.sarif .   # or -o github, -o gitlab=FILE, -o junit=FILE",
        "    approver test -o junit=test.xml .",
        "    approver check .                      # what would become of its Certificates",
        "",
        "Render charts first: `helm template chart | approver lint -`.",
        "",
        "## A repository with errors",
        "",
        *before,
        "",
        "## The same, mended",
        "",
        "`--fix --unsafe` has put the dot in. The rest is for people to say.",
        "",
        *after,
    )


def run(folder: Path, arguments: str) -> Iterator[str]:
    """Yield a command and all that it says, as code of Markdown."""
    result = subprocess.run(
        [sys.executable, "-m", "approver", *arguments.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    status = [f"[exit status {result.returncode}]"] if result.returncode else []
    for line in (f"$ approver {arguments}", *result.stdout.splitlines(), *status):
        yield f"    {line}".rstrip()
