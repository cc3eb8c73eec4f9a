"""What follows from other files says what they say: `make generate` writes it."""

from pathlib import Path

import pytest

from tests.generated.pages import FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path](), "run make generate"
