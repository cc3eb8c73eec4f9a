"""What a request asks for, as policies see it."""

from dataclasses import dataclass

from approver.model import Request
from approver.x509 import CertificationRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """A request beside its CSR, as read. `duration` is in nanoseconds, None if not set."""

    request: Request
    csr: CertificationRequest
    duration: int | None

    def texts(self, oid: str) -> tuple[str, ...]:
        """Return the values of a subject attribute, in order, those that are strings."""
        return tuple([value for value in self.csr.subject_values(oid) if value is not None])
