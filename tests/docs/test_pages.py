"""The pages say what the code says: `make docs` writes them."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path](), "run make docs"
