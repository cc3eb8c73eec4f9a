"""The table in docs/cel.md: where the engine differs from cel-go, always to the safe side."""

import re
from pathlib import Path

import pytest

from tests.cel.evaluation import outcome

PAGE = Path(__file__).parents[2] / "docs" / "cel.md"
ROW = re.compile(
    r"\| `(?P<rule>.+)` \| (?P<cel_go>true|false|failed|unusable)"
    r" \| (?P<here>false|failed|unusable) \| .+ \|"
)
ROWS = [found for line in PAGE.read_text().splitlines() if (found := ROW.fullmatch(line))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["rule"])
def test_the_engine_does_what_the_page_says(row: re.Match[str]) -> None:
    assert outcome(row["rule"]) == row["here"] != row["cel_go"]
