"""Waiting that ends."""

import time
from collections.abc import Callable

POLL_SECONDS = 0.05


def wait_until(holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Ask again and again; raise TimeoutError(otherwise) after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(POLL_SECONDS)
