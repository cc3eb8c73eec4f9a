"""A `CertificateRequest` of cert-manager.io/v1."""

from functools import cached_property
from typing import Self

import msgspec
from msgspec.structs import force_setattr, replace

from approver.model.objects import Condition, Object, ObjectMeta
from approver.model.service_account import ServiceAccount, groups_of

DEFAULT_ISSUER_KIND = "Issuer"
DEFAULT_ISSUER_GROUP = "cert-manager.io"
CERTIFICATE_NAME = "cert-manager.io/certificate-name"
"""The annotation of a request that names its Certificate."""
CERTIFICATE_REVISION = "cert-manager.io/certificate-revision"
"""The annotation of a request that counts those of its Certificate."""

# What is longer is cut to one more, when a request is read: it is refused for that, whatever
# follows, and a tenant could otherwise fill the memory with requests of 1.4 MB.
LONGEST_ISSUER_PART = 253
"""Characters in a name, kind or group: no object's name is longer."""
MOST_USAGES = 100
LONGEST_REQUEST = 100_000
"""Characters of `spec.request`: more than base64 of what cert-manager reads."""


class IssuerRef(Object, frozen=True):
    """The signer that a request names."""

    name: str
    kind: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        for name in ("name", "kind", "group"):
            _cut(self, name, LONGEST_ISSUER_PART + 1)

    def defaulted(self) -> "IssuerRef":
        """Return it with cert-manager's defaults in the place of an empty kind or group."""
        return IssuerRef(
            self.name, self.kind or DEFAULT_ISSUER_KIND, self.group or DEFAULT_ISSUER_GROUP
        )


class Requester(Object, frozen=True):
    """Who created a request, as cert-manager's webhook recorded it."""

    username: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, account: ServiceAccount) -> Self:
        """Return what is recorded of a service account."""
        return cls(account.username, groups_of(account.username))


class RequestSpec(Object, frozen=True):
    """What is asked for. `request` is the CSR's PEM in base64, `duration` a Go duration."""

    request: str
    issuer_ref: IssuerRef
    duration: str | None = None
    is_ca: bool = msgspec.field(name="isCA", default=False)
    usages: tuple[str, ...] = ()
    username: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        _cut(self, "request", LONGEST_REQUEST + 1)
        _cut(self, "usages", MOST_USAGES + 1)
        _cut(self, "duration", _LONGEST_DURATION)

    @property
    def cut(self) -> bool:
        """Whether something was too long, so that the API server has work with it, too."""
        issuer = self.issuer_ref
        return (
            len(self.request) > LONGEST_REQUEST
            or len(self.usages) > MOST_USAGES
            or max(map(len, (issuer.name, issuer.kind, issuer.group))) > LONGEST_ISSUER_PART
        )


class RequestMeta(ObjectMeta, frozen=True):
    """Labels, which nobody looks at, are left out."""

    def __post_init__(self) -> None:
        self.labels.clear()


class RequestStatus(Object, frozen=True):
    """How far a request has come."""

    conditions: tuple[Condition, ...] = ()
    certificate: str = ""
    failure_time: str | None = None


class Request(Object, frozen=True, dict=True):
    """A certificate request, as the API server holds it."""

    metadata: RequestMeta
    spec: RequestSpec
    status: RequestStatus = RequestStatus()

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """The namespace it lives in."""
        return self.metadata.namespace

    @cached_property
    def issuer(self) -> IssuerRef:
        """The signer, with defaults filled in."""
        return self.spec.issuer_ref.defaulted()

    @cached_property
    def requester(self) -> Requester:
        """Who asks."""
        spec = self.spec
        return Requester(spec.username, spec.groups, spec.uid, spec.extra)

    def asked_by(self, requester: Requester) -> "Request":
        """Return it as if somebody else had created it."""
        spec = replace(
            self.spec,
            username=requester.username,
            groups=requester.groups,
            uid=requester.uid,
            extra=requester.extra,
        )
        return replace(self, spec=spec)

    @property
    def decision(self) -> Condition | None:
        """The condition `Approved` or `Denied`; once there, it is final."""
        for condition in self.status.conditions:
            if condition.type in _DECISIONS and condition.status == "True":
                return condition
        return None

    @property
    def open(self) -> bool:
        """Whether a decision is still wanted: not decided, not finished, not being deleted."""
        return not (
            self.decision
            or self.metadata.deletion_timestamp
            or self.status.certificate
            or self.status.failure_time
            or any(
                condition.type == "Ready" and condition.reason in _FINAL_REASONS
                for condition in self.status.conditions
            )
        )


def _cut(struct: msgspec.Struct, name: str, length: int) -> None:
    value = getattr(struct, name)
    if value is not None and len(value) > length:
        force_setattr(struct, name, value[:length])


_LONGEST_DURATION = 1_000  # characters: Go's longest has 21
_DECISIONS = frozenset({"Approved", "Denied"})
_FINAL_REASONS = frozenset({"Issued", "Failed", "Denied"})
