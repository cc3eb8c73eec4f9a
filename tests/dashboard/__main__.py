"""Draw the shipped dashboard, filled by real approvers: `make dashboard`."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.crds.examples import REPOSITORY
from tests.dashboard.answers import Answers, shipped
from tests.dashboard.load import NAMESPACES, WEBHOOK, Load
from tests.dashboard.page import WIDTH, height, page
from tests.prometheus.watched import watched

_PAGE: Final = REPOSITORY / "build" / "dashboard.html"
_PICTURE: Final = REPOSITORY / "docs" / "dashboard.png"
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_SECONDS: Final = 120


def main() -> int:
    parser = argparse.ArgumentParser(prog="make dashboard", description=__doc__)
    parser.add_argument("--calm", type=float, default=20, help="seconds between troubles")
    calm = parser.parse_args().calm
    board = shipped()
    print(f"a load of about {9 * calm + 40:.0f} s begins", flush=True)
    with watched(*NAMESPACES, webhook=WEBHOOK) as everything:
        start = time.time()
        Load(everything, calm).run()
        drawn = page(board, Answers(everything.prometheus, start, time.time()))
    _PAGE.parent.mkdir(exist_ok=True)
    _PAGE.write_text(drawn, encoding="utf-8")
    print(f"the page is {_PAGE.relative_to(REPOSITORY)}")
    return _photograph(_PAGE, _PICTURE, height(board))


def _photograph(page: Path, picture: Path, lines: int) -> int:
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        print(
            "the picture of it is made by Chromium, which is not installed:"
            " apt-get install --no-install-recommends chromium fonts-dejavu-core",
            file=sys.stderr,
        )
        return 1
    command = [
        browser,
        "--headless",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--window-size={WIDTH},{lines}",
        f"--screenshot={picture}",
        *(["--no-sandbox"] if os.getuid() == 0 else []),
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return 1
    print(f"the picture is {picture.relative_to(REPOSITORY)}, {picture.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
