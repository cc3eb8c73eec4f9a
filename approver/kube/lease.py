"""Which of several approvers decides: the one that holds a Lease of the cluster.

Nobody's clock is compared with another's. Who holds the Lease renews it, and counts as its holder
only for a while after having *sent* the last renewal that succeeded. Who wants it waits until it
has not seen the Lease change for longer than that. Between the two lies a margin for whatever
delays a write that the holder began in time.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from approver.kube.errors import ConflictError, ForbiddenError, KubeError, NotFoundError
from approver.kube.listing import Metadata, read
from approver.kube.resources import LEASES
from approver.kube.session import Session
from approver.kube.times import microseconds

_log = logging.getLogger(__name__)

# Seconds. A holder that is killed is missed after the lease's duration and the next look, so that
# all is settled within 6 s; client-go's usual 15 s are written down by approver-policy only.
_DURATION: Final = 4
_HOLDS: Final = 2.5  # after a renewal was sent
_RENEW: Final = 1.0
_LOOK: Final = 0.3  # between looks of those who wait: a clean hand-over takes no longer
_CALL: Final = 1.0  # so that one stalled call does not cost the lease
_STEADY: Final = 15.0
_LONGEST_DURATION: Final = 60  # that a record of somebody else's is believed to need
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_clock() -> float:
    """Return seconds by a clock that does not stand still while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


class _Spec(msgspec.Struct, rename="camel"):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class _Lease(msgspec.Struct):
    metadata: Metadata
    spec: _Spec = msgspec.field(default_factory=_Spec)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A lease as it was seen, and when it was first seen so; `gone` if it was then deleted."""

    lease: _Lease
    at: float
    gone: bool = False

    @property
    def holder(self) -> str:
        return self.lease.spec.holder_identity or ""

    def free(self, now: float) -> bool:
        duration = self.lease.spec.lease_duration_seconds or _DURATION
        return not self.holder or now - self.at > min(duration, _LONGEST_DURATION)


class LeaderElector:
    """Stands for election under `identity`, which nobody else may have; renews once elected.

    `on_change` is told when it has been elected and when it no longer is.
    """

    def __init__(
        self,
        session: Session,
        namespace: str,
        name: str,
        identity: str,
        *,
        on_change: Callable[[bool], None],
        clock: Callable[[], float] = boot_clock,
    ) -> None:
        self._session = session
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._on_change = on_change
        self._clock = clock
        self._holds_until = clock()
        self._alone_until = clock()  # before which nobody else takes it
        self._leading_since = clock()
        self._told = False
        self._seen: _Seen | None = None
        self._sure = False  # that it still is as it was seen
        self._trouble = ""

    @property
    def leading(self) -> bool:
        """Whether the lease is ours at this moment, whatever has kept us from renewing it."""
        return self._clock() < self._holds_until

    @property
    def steady(self) -> bool:
        """Whether it has led for so long that no write of one who led before can be on its way."""
        return self.leading and self._clock() - self._leading_since > _STEADY

    @property
    def holder(self) -> str | None:
        """Who holds the lease, as last seen."""
        return self._seen.holder or None if self._seen else None

    async def run(self) -> None:
        """Stand and renew until cancelled."""
        while True:
            self._tell()  # also of a lease that was lost in a pause, and that may be ours again
            try:
                await self._try()
            except KubeError as error:
                self._doubt(error)
            else:
                self._trouble = ""
            self._tell()
            jitter = 0.8 + 0.4 * self._session.timing.random()
            sure = self.leading and self._sure
            await self._pause(_RENEW if sure else _LOOK * jitter)

    async def release(self) -> None:
        """Give the lease up, if it is ours, so that another can have it at once."""
        self._stop_leading()
        self._tell()
        try:
            await self._look()
            if self._seen and self._seen.holder == self._identity:
                await self._put(self._seen.lease, _record("", 1, self._seen.lease.spec))
        except KubeError as error:
            _log.warning("lease not released", extra={"error": str(error)})

    async def _pause(self, seconds: float) -> None:
        """Sleep, but notice when the lease is lost in between."""
        remaining = self._holds_until - self._clock()
        if 0 < remaining < seconds:
            await self._session.timing.sleep(remaining)
            self._tell()
            seconds -= remaining
        await self._session.timing.sleep(seconds)

    async def _try(self) -> None:
        """Renew if we surely lead; or else look, and take what is ours or free."""
        if not (self.leading and self._sure):
            await self._look()
        if self._seen is None:
            await self._take(None)
        elif self._seen.holder == self._identity or self._seen.free(self._clock()):
            await self._take(self._seen.lease)

    async def _look(self) -> None:
        """See the lease as it is now."""
        try:
            lease = read(_LEASES, await self._call("GET", LEASES.path(self._name, **self._home)))
        except NotFoundError:
            self._stop_leading()
            self._miss()
            return
        self._see(lease)
        if self.holder != self._identity:
            self._stop_leading()

    def _miss(self) -> None:
        """Note that the lease was deleted: as another's, it may have been renewed until just now.

        One that is made and deleted between two looks is seen by nobody, and cannot be allowed for.
        """
        now = self._clock()
        if self._seen is None or now < self._alone_until:
            self._seen = None
        elif not self._seen.gone:
            self._seen = _Seen(self._seen.lease, now, gone=True)
        elif self._seen.free(now):
            self._seen = None

    def _see(self, lease: _Lease) -> None:
        known = self._seen
        version = lease.metadata.uid, lease.metadata.resource_version
        if known is None or version != (
            known.lease.metadata.uid,
            known.lease.metadata.resource_version,
        ):
            self._seen = _Seen(lease, self._clock())
            if self._seen.holder and self._seen.holder not in {
                self._identity,
                known.holder if known else "",
            }:
                _log.info("another leads", extra={"holder": self._seen.holder})

    async def _take(self, lease: _Lease | None) -> None:
        """Write the lease as ours; it is, from before the write was sent."""
        sent = self._clock()
        self._sure = False
        old = lease.spec if lease else _Spec()
        record = _record(self._identity, _DURATION, old)
        try:
            taken = await (self._put(lease, record) if lease else self._create(record))
        except ConflictError:
            self._stop_leading()  # somebody was quicker, or has taken it away
            return
        self._see(taken)
        self._sure = True
        self._holds_until, self._alone_until = sent + _HOLDS, sent + _DURATION

    def _stop_leading(self) -> None:
        self._holds_until = self._clock()

    async def _create(self, spec: _Spec) -> _Lease:
        metadata = {"name": self._name, "namespace": self._namespace}
        body = {**LEASES.header, "metadata": metadata, "spec": msgspec.to_builtins(spec)}
        return read(_LEASES, await self._call("POST", LEASES.path(**self._home), body))

    async def _put(self, lease: _Lease, spec: _Spec) -> _Lease:
        metadata = {
            "name": self._name,
            "namespace": self._namespace,
            "uid": lease.metadata.uid,
            "resourceVersion": lease.metadata.resource_version,
        }
        body = {**LEASES.header, "metadata": metadata, "spec": msgspec.to_builtins(spec)}
        return read(_LEASES, await self._call("PUT", LEASES.path(self._name, **self._home), body))

    async def _call(self, method: str, path: str, body: dict[str, object] | None = None) -> bytes:
        return await self._session.call(method, path, body=body, deadline=_CALL)

    @property
    def _home(self) -> dict[str, str]:
        return {"namespace": self._namespace}

    def _tell(self) -> None:
        leading = self.leading
        if leading != self._told:
            self._told = leading
            self._leading_since = self._clock()
            _log.info("leading" if leading else "no longer leading", extra=self._home)
            self._on_change(leading)

    def _doubt(self, error: KubeError) -> None:
        """Look before the next renewal; log a trouble once, as long as it is the same."""
        if error.cause != self._trouble:
            self._trouble = error.cause
            extra = {"lease": f"{self._namespace}/{self._name}", "error": str(error)}
            if isinstance(error, ForbiddenError):
                extra["missing"] = "get, create and update on leases"
            _log.warning("lease neither read nor renewed", extra=extra)


def _record(holder: str, duration: int, old: _Spec) -> _Spec:
    now = microseconds(datetime.now(UTC))
    same = old.holder_identity == holder
    return _Spec(
        holder_identity=holder,
        lease_duration_seconds=duration,
        acquire_time=old.acquire_time if same else now,
        renew_time=now,
        lease_transitions=(old.lease_transitions or 0) + (not same),
    )


_LEASES = msgspec.json.Decoder(_Lease)
