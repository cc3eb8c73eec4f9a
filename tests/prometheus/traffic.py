"""Requests that keep coming, whatever becomes of them."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import httpx

from tests.controlplane import APIError

Ask = Callable[[str], object]
"""Makes a request of a name."""


@contextmanager
def traffic(*asks: Ask, a_second: float) -> Iterator[None]:
    """Ask in turn, at a rate, until the end of the block; an API server that is away is passed."""
    ended = threading.Event()
    thread = threading.Thread(target=_keep_asking, args=(asks, 1 / a_second, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep_asking(asks: Sequence[Ask], pause: float, ended: threading.Event) -> None:
    for index, ask in enumerate(itertools.cycle(asks)):
        with suppress(APIError, httpx.TransportError):
            ask(f"shop-{index}")
        if ended.wait(pause):
            return
