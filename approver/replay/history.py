"""Which of many requests tell what comes next: of a Certificate, only its newest one."""

from collections.abc import Iterator

from approver.model import Request
from approver.model.request import CERTIFICATE_NAME, CERTIFICATE_REVISION


class History:
    """Takes requests in any order, and keeps one for each Certificate.

    Requests that nobody's Certificate stands behind are all kept apart: they are not asked again.
    """

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str], Request] = {}
        self.requests = 0

    @property
    def certificates(self) -> int:
        """How many Certificates there are."""
        return len(self._newest)

    def add(self, request: Request) -> Iterator[Request]:
        """Take one; yield it if it is to be looked at by itself."""
        self.requests += 1
        certificate = request.metadata.annotations.get(CERTIFICATE_NAME)
        if not certificate:
            yield request
            return
        key = request.namespace, certificate
        known = self._newest.get(key)
        if known is None or age(request) > age(known):
            self._newest[key] = request

    def newest(self) -> Iterator[Request]:
        """Yield the newest request of each Certificate."""
        yield from self._newest.values()


def age(request: Request) -> tuple[int, str]:
    """Return what orders the requests of a Certificate: its revision, and when it was created."""
    revision = request.metadata.annotations.get(CERTIFICATE_REVISION, "")
    return int(revision) if revision.isdecimal() else 0, request.metadata.creation_timestamp or ""
