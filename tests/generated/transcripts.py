"""The pages about CI and about questions, whose transcripts are made by running the commands."""

import os
import shlex
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
ANALYSIS: Final = REPOSITORY / "docs" / "analysis.md"
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


def analysis_page() -> str:
    """Return the page about questions over all requests."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(REPOSITORY / "policies", folder / "policies")
        shutil.copytree(folder / "policies", folder / "new")
        for file, old, new in _EDITS:
            path = folder / "new" / file
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1, (file, old)
            path.write_text(text.replace(old, new), encoding="utf-8")
        asked = [line for each in _QUESTIONS for line in (*run(folder, each), "")]
        compared = run(folder, "diff policies new")
        gained = run(folder, "diff --fail-on gained new policies")
        return page(
            *_ABOUT_QUESTIONS,
            *asked,
            "## What changes",
            "",
            "In `new`, team A's pattern has lost its dot, and people's certificates live shorter:",
            "",
            *compared,
            "",
            "For CI, where only new access stops a change; `git:main:policies` is a side, too:",
            "",
            *gained,
        )


_EDITS: Final = (
    ("team-web-servers.yaml", '"*.team-a.example.com",', '"*team-a.example.com",'),
    ("people.yaml", "maxDuration: 12h", "maxDuration: 8h"),
)
_QUESTIONS: Final = (
    "who-can --host db.team-a.example.com policies",
    "who-can --ca policies",
    "who-can --o system:masters policies",
    "who-can --key 'RSA<2048' policies",
)
_ABOUT_QUESTIONS: Final = (
    "# Questions about all requests",
    "",
    "Tests show what becomes of some requests. `who-can`, `diff` and the claims of tests are about",
    "all of them: what policies permit is computed from the very checks that decide.",
    "",
    "* *Yes* comes with a request, which was made with a CSR of its own and approved by the review",
    "  that the controller makes.",
    "* *Nobody* is proven: a policy that is not named permits no such request.",
    "* *Unknown* is said where a rule in CEL refuses the example and might permit another one. The",
    "  rule is named, and the exit status is 3 if nothing else is found.",
    "",
    "Roles and bindings count where a role among the files is about policies; with `--cluster`,",
    "those of a cluster do (`approver diff cluster policies` compares with it).",
    "",
    "Outside of all answers are enforcement by other means, other approvers, and the flag",
    "`--approve-when-no-policies`.",
    "",
    "## Who can have such a certificate",
    "",
    "With the policies of this repository:",
    "",
)


def run(folder: Path, arguments: str) -> Iterator[str]:
    """Yield a command and all that it says, as code of Markdown."""
    result = subprocess.run(
        [sys.executable, "-m", "approver", *shlex.split(arguments)],
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
