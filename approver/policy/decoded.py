"""What a request asks for, as policies see it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from approver.model import Request
from approver.x509 import SigningRequest


@dataclass(frozen=True)
class DecodedRequest:
    """A request and its CSR, decoded. `duration` is in nanoseconds, None if it is not set."""

    request: Request
    csr: SigningRequest
    duration: int | None

    @property
    def size(self) -> int:
        """How many values it asks for, of which a tenant may write thousands."""
        return (
            len(self.csr.subject)
            + len(self.csr.names)
            + len(self.csr.extensions)
            + len(self.csr.extended_key_usage or ())
            + len(self.csr.name_constraints)
            + len(self.request.spec.usages)
        )

    def subject(self, oid: str) -> Sequence[str]:
        """Return the values of a subject attribute, in order, those that are strings."""
        return self._subject.get(oid, ())

    @cached_property
    def _subject(self) -> Mapping[str, Sequence[str]]:
        values = defaultdict[str, list[str]](list)
        for attribute in self.csr.subject:
            if attribute.value is not None:
                values[attribute.oid].append(attribute.value)
        return values
