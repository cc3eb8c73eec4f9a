"""A Lease of the cluster: its record, read and written."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from approver.kube.errors import ConflictError, InvalidError
from approver.kube.listing import Metadata, read
from approver.kube.resources import LEASES
from approver.kube.session import Session
from approver.kube.times import microseconds

LEASE: Final = "policy.cert-manager.io"  # approver-policy's, too, so that one of both decides
SHADOW_LEASE: Final = f"{LEASE}-shadow"
_CALL_SECONDS = 1.0  # so that one stalled call does not cost the lease


class LeaseSpec(msgspec.Struct, rename="camel", frozen=True):
    """`spec` of a Lease. Times are RFC 3339 with microseconds; nobody here reads them."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None

    def held_by(self, identity: str, duration_seconds: int) -> "LeaseSpec":
        """Return the record by which somebody takes or renews the lease; "": nobody has it."""
        now = microseconds(datetime.now(UTC))
        renewed = self.holder_identity == identity
        return LeaseSpec(
            holder_identity=identity,
            lease_duration_seconds=duration_seconds,
            acquire_time=self.acquire_time if renewed else now,
            renew_time=now,
            lease_transitions=(self.lease_transitions or 0) + (not renewed),
        )

    def renewed_since(self, seen: "LeaseSpec") -> bool:
        """Tell whether its holder has renewed it since it was `seen`."""
        same = self.holder_identity == seen.holder_identity
        return bool(self.holder_identity) and same and self.renew_time != seen.renew_time


class Lease(msgspec.Struct, frozen=True):
    """A Lease, as the API server holds it."""

    metadata: Metadata
    spec: LeaseSpec = LeaseSpec()

    @property
    def version(self) -> tuple[str, str]:
        """UID and resource version, which differ after every change."""
        return self.metadata.uid, self.metadata.resource_version


class LeaseClient:
    """Reads and writes one Lease. Every method may raise `KubeError`."""

    def __init__(self, session: Session, namespace: str, name: str) -> None:
        self._session = session
        self.namespace = namespace
        self.name = name

    async def get(self) -> Lease:
        """Return it as it is now."""
        return await self._call("GET", self._path)

    async def create(self, spec: LeaseSpec) -> Lease:
        """Create it; raise `ConflictError` if there is one.

        PUT makes a Lease, too, and unlike POST can be permitted by the Lease's name. Of one that is
        there already it would have to say which version it changes.
        """
        try:
            return await self._call("PUT", self._path, spec)
        except InvalidError as error:
            if "resourceVersion" not in error.message:
                raise
            raise ConflictError(error.status, "AlreadyExists", error.message) from error

    async def update(self, seen: Lease, spec: LeaseSpec) -> Lease:
        """Write its record; raise `ConflictError` if it has changed since it was `seen`."""
        seen_as = {
            "uid": seen.metadata.uid,
            "resourceVersion": seen.metadata.resource_version,
        }
        return await self._call("PUT", self._path, spec, seen_as)

    @property
    def _path(self) -> str:
        return LEASES.path(self.name, namespace=self.namespace)

    async def _call(
        self,
        method: str,
        path: str,
        spec: LeaseSpec | None = None,
        seen_as: dict[str, str] | None = None,
    ) -> Lease:
        body = None if spec is None else self._manifest(spec, seen_as or {})
        answer = await self._session.call(method, path, body=body, deadline=_CALL_SECONDS)
        return read(_DECODER, answer)

    def _manifest(self, spec: LeaseSpec, seen_as: dict[str, str]) -> dict[str, Any]:
        metadata = {"name": self.name, "namespace": self.namespace, **seen_as}
        return {**LEASES.kind.header, "metadata": metadata, "spec": msgspec.to_builtins(spec)}


_DECODER = msgspec.json.Decoder(Lease)
