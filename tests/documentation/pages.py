"""What the pages show: blocks, and of these the commands; and commands within a sentence."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent

from tests.running import ROOT

# What is made by running commands has tests of its own. One of them shows commands to copy, too.
MADE_BY_RUNNING = {"analysis.md", "ci.md", "lint.md", "replay.md", "why-not-issued.md"}
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "policies" / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in MADE_BY_RUNNING),
]
NEED_A_CLUSTER = ("kubectl ", "helm ")
# What is not run, by how it begins, and why. All else is.
NOT_RUN = {
    "docker build ": "needs a registry for its base: `make image` builds the same file on another",
    "percli ": "Perses' own program: the file it applies is checked in tests/dashboard",
    "cmctl ": "cert-manager's own program",
    "kubectl approver": "within a sentence, the plugin's name: see test_on_a_cluster.py",
    "kubectl logs ": "nothing runs pods here",
    "kubectl port-forward ": "nothing runs pods here",
    "kubectl describe": "within a sentence, of something that was just named",
    "helm get manifest": "within a sentence, as a hint",
    "helm upgrade": "within a sentence, as a hint",
    "helm install --wait ": "within a sentence, and nothing runs pods here",
    "helm template chart ": "of a chart of the reader's",
    "pip install": "`make wheel` does it",
}
_BLOCK = re.compile(r"(?m)(?:^ {4,}\S.*\n|^\n(?= {4}))+")
_PROGRAMS = r"(?:\.venv/bin/)?(?:approver|kubectl|helm|make|docker|git|pip|percli|cmctl)"
_COMMAND = re.compile(rf"{_PROGRAMS} ")
_INLINE = re.compile(rf"`({_PROGRAMS} [^`]+)`")


@dataclass(frozen=True, slots=True)
class Script:
    """The commands of one block, or one within a sentence."""

    page: str
    lines: tuple[str, ...]
    whole: bool  # a block, not within a sentence

    def __str__(self) -> str:
        return f"{self.page}: {self.lines[0][:60]}"


def having(
    found: Iterable[Script], programs: tuple[str, ...], *, others: bool = False
) -> list[Script]:
    """Pick the commands that begin with one of these programs, or those that do not."""
    return [
        replace(script, lines=lines)
        for script in found
        if (lines := tuple(line for line in script.lines if line.startswith(programs) != others))
    ]


def blocks(page: Path) -> Iterator[str]:
    """Yield the indented blocks of a page that begin after an empty line, dedented."""
    for match in _BLOCK.finditer(page.read_text()):
        text = match[0]
        if text.startswith("\n"):
            yield dedent(text.strip("\n"))


def scripts() -> Iterator[Script]:
    """Yield all commands of all pages."""
    for page in (*PAGES, ROOT / "docs" / "ci.md"):
        text = page.read_text()
        for block in blocks(page):
            lines = block.replace("\\\n", " ").splitlines()
            found = tuple(line for line in lines if _COMMAND.match(line))
            if found:
                yield Script(page.name, found, whole=True)
        for command in dict.fromkeys(_INLINE.findall(text)):
            yield Script(page.name, (" ".join(command.split()),), whole=False)


def why_not(script: Script, line: str) -> str:
    """Say why a command is not run; nothing if it is."""
    for beginning, reason in NOT_RUN.items():
        within = not reason.startswith("within a sentence")
        if line.startswith(beginning) and (within or not script.whole):
            return reason
    return ""


def pieces() -> Iterator[tuple[str, str]]:
    """Yield the blocks that are YAML, each with a name."""
    for page in PAGES:
        for number, block in enumerate(blocks(page)):
            if re.match(r"(?:#.*\n)*[A-Za-z]\w*:(?: |\n)", block):
                yield f"{page.name}-{number}", block
