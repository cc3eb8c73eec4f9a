"""CSRs that have been read, so that each is read once, as far as memory goes."""

from collections import OrderedDict
from typing import Final

from approver.model import Request
from approver.policy import DecodedRequest
from approver.review.examine import read_or_reason
from approver.x509 import LIMIT

_MOST_CHARACTERS: Final = 4 << 20  # of `spec.request`; what is read takes up to ten times as much


class Readings:
    """Remembers the readings of the requests that were reviewed last.

    `limit` is how many bytes of PEM the signer reads.
    """

    def __init__(self, limit: int = LIMIT, most_characters: int = _MOST_CHARACTERS) -> None:
        self._limit = limit
        self._most = most_characters
        self._number = 0  # of characters
        self._readings: OrderedDict[tuple[str, str], DecodedRequest | str] = OrderedDict()
        self._sizes: dict[tuple[str, str], int] = {}

    def read(self, request: Request) -> DecodedRequest | str:
        """Return what a request asks for, or why no policy can permit it."""
        version = request.metadata.uid, request.metadata.resource_version
        reading = self._readings.get(version)
        if reading is None:
            reading = read_or_reason(request, self._limit)
            self._remember(version, reading, len(request.spec.request))
        self._readings.move_to_end(version)
        return reading

    def _remember(self, version: tuple[str, str], reading: DecodedRequest | str, size: int) -> None:
        self._readings[version], self._sizes[version] = reading, size
        self._number += size
        while self._number > self._most and len(self._readings) > 1:
            oldest, _ = self._readings.popitem(last=False)
            self._number -= self._sizes.pop(oldest)
