"""The image takes minutes to build, so it is only built when what it is made of has changed."""

import json
import subprocess
import sys

import pytest

from tests.crds.examples import REPOSITORY
from tests.image.record import RECORD, recorded, state


def test_the_image_was_built_from_what_is_here() -> None:
    assert recorded() == state(), "Dockerfile or lock have changed: run `make image`"


def test_what_is_on_record_is_an_image_of_a_bearable_size() -> None:
    assert json.loads(RECORD.read_text())["MB"] < 500


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.14"])
@pytest.mark.timeout(300)
def test_all_that_is_locked_has_wheels(architecture: str, python: str) -> None:
    """An image is built without a compiler, for either architecture."""
    platforms = [f"--platform={tag}_{architecture}" for tag in ("manylinux_2_28", "manylinux2014")]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"),
            *("--ignore-installed", "--no-deps", "--require-hashes", "--only-binary=:all:"),
            *(*platforms, f"--python-version={python}", "--target=unused"),
            *("--requirement", str(REPOSITORY / "requirements.lock")),
        ],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
