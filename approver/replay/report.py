"""What changes: grouped by cause, and by Certificate, ordered by the next renewal.

The next renewal is when it hurts: until then what was issued stays valid.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from cryptography import x509

from approver.model import Request
from approver.model.request import CERTIFICATE_NAME
from approver.replay.side import Outcome

Place = tuple[str, str]
"""A namespace, and a Certificate's name."""
Kind = Literal["broken", "gained", "other"]
KINDS: Final[tuple[Kind, ...]] = ("broken", "gained", "other")
NEVER: Final = datetime.max.replace(tzinfo=UTC)
_RENEWED_AT: Final = 2 / 3  # of its life, unless spec.renewBefore says otherwise


@dataclass(frozen=True, slots=True)
class Change:
    """A request of which another verdict is given; `renewal` is NEVER if it will not come again."""

    namespace: str
    name: str
    certificate: str
    old: Outcome
    new: Outcome
    renewal: datetime

    @property
    def kind(self) -> Kind:
        """Whether something breaks, or somebody gains access."""
        if self.old.verdict == "approved":
            return "broken"
        return "gained" if self.new.verdict == "approved" else "other"

    @property
    def cause(self) -> str:
        """Why the new verdict is given."""
        return self.new.cause or f"{self.new.policy} permits it"

    @property
    def who(self) -> str:
        """The Certificate, or the request if there is none."""
        return f"{self.namespace}/{self.certificate or self.name}"


@dataclass(slots=True)
class Group:
    """The changes that have one cause."""

    cause: str
    changes: list[Change] = field(default_factory=list)

    @property
    def renewal(self) -> datetime:
        """The first of their renewals."""
        return min(change.renewal for change in self.changes)


class Report:
    """Counts what stays, and keeps what changes.

    `renewals` are the `status.renewalTime` of all Certificates, if those are known.
    """

    def __init__(self, renewals: Mapping[Place, str | None] | None = None) -> None:
        self._renewals = renewals
        self.changes: list[Change] = []
        self.unchanged = 0
        self.moved = 0

    def add(self, request: Request, old: Outcome, new: Outcome) -> None:
        """Take what two sides say of a request."""
        if old.verdict == new.verdict:
            self.unchanged += 1
            self.moved += old.policy != new.policy and bool(old.policy)
            return
        metadata = request.metadata
        certificate = metadata.annotations.get(CERTIFICATE_NAME, "")
        self.changes.append(
            Change(
                metadata.namespace,
                metadata.name,
                certificate,
                old,
                new,
                self._renewal(request, certificate),
            )
        )

    def _renewal(self, request: Request, certificate: str) -> datetime:
        place = request.namespace, certificate
        if not certificate or (self._renewals is not None and place not in self._renewals):
            return NEVER  # the Certificate is gone
        told = (self._renewals or {}).get(place)
        return moment(told) or renewal_of(request)

    def count(self, kind: Kind) -> int:
        """Return how many changes are of a kind."""
        return Counter(change.kind for change in self.changes)[kind]

    def groups(self, kind: Kind) -> Sequence[Group]:
        """Return the changes of a kind by their causes, those first that hurt first."""
        found: dict[str, Group] = {}
        for change in self.changes:
            if change.kind == kind:
                key = change.new.rule or change.cause
                found.setdefault(key, Group(change.cause)).changes.append(change)
        for group in found.values():
            group.changes.sort(key=lambda change: (change.renewal, change.who))
            group.cause = group.changes[0].cause
        return sorted(found.values(), key=lambda group: (group.renewal, group.cause))


def moment(text: str | None) -> datetime | None:
    """Read a time of Kubernetes; None if it is none."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def renewal_of(request: Request) -> datetime:
    """Return when cert-manager renews what was issued; at once if nothing was."""
    try:
        pem = base64.b64decode(request.status.certificate, validate=True)
        issued = x509.load_pem_x509_certificate(pem)
    except (ValueError, binascii.Error):
        return datetime.min.replace(tzinfo=UTC)
    begin, end = issued.not_valid_before_utc, issued.not_valid_after_utc
    return begin + (end - begin) * _RENEWED_AT
