"""Which of several approvers decides: the one that holds a Lease of the cluster.

Nobody's clock is compared with another's. The holder renews the lease, and counts as its holder
only until the renew deadline, which is counted from when it *sent* the last renewal that succeeded.
A candidate waits until it has seen no change of the lease for the whole lease duration. The time
between the two covers what delays a write that the holder began before its deadline.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from approver.kube.errors import ConflictError, ForbiddenError, KubeError, NotFoundError
from approver.kube.lease import Lease, LeaseClient, LeaseSpec
from approver.kube.session import Session

_log = logging.getLogger(__name__)

# A holder that is killed is missed after the lease's duration and the next look, so that all is
# settled within 6 s. client-go's usual 15 s are written down by approver-policy only.
_LEASE_DURATION_SECONDS: Final = 4
_RENEW_DEADLINE_SECONDS: Final = 2.5
_RENEW_PERIOD_SECONDS: Final = 1.0
_RETRY_PERIOD_SECONDS: Final = 0.3  # of candidates: a clean hand-over takes no longer
_RELEASED_DURATION_SECONDS: Final = 1
_LONGEST_DURATION_SECONDS: Final = 60  # of another holder's lease that is believed
_STEADY_SECONDS: Final = 15.0
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_clock() -> float:
    """Return seconds by a clock that does not stand still while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True, slots=True)
class _Observation:
    """A lease, and when it was first seen as it is; `deleted` if it was then gone."""

    lease: Lease
    at: float
    deleted: bool = False

    @property
    def holder(self) -> str:
        return self.lease.spec.holder_identity or ""

    def expired(self, now: float) -> bool:
        duration = self.lease.spec.lease_duration_seconds or _LEASE_DURATION_SECONDS
        return not self.holder or now - self.at > min(duration, _LONGEST_DURATION_SECONDS)


class LeaderElector:
    """Stands for election under `identity`, which nobody else may have; renews once elected.

    `on_change` is called with True when it has been elected, and with False when it no longer is.
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
        self._timing = session.timing
        self._lease = LeaseClient(session, namespace, name)
        self._identity = identity
        self._on_change = on_change
        self._clock = clock
        self._renew_deadline = clock()
        self._expires_for_others = clock()  # nobody else takes it before
        self._leading_since = clock()
        self._reported_leading = False
        self._observed: _Observation | None = None
        self._observed_is_current = False  # nothing can have changed it unnoticed
        self._reported_trouble = ""

    @property
    def leading(self) -> bool:
        """Whether the lease is ours at this moment, whatever has kept us from renewing it."""
        return self._clock() < self._renew_deadline

    @property
    def steady(self) -> bool:
        """Whether it has led for so long that no write of one who led before can be on its way."""
        return self.leading and self._clock() - self._leading_since > _STEADY_SECONDS

    @property
    def holder(self) -> str | None:
        """Who holds the lease, as last seen."""
        return self._observed.holder or None if self._observed else None

    async def run(self) -> None:
        """Stand for election and renew until cancelled."""
        while True:
            self._report()  # a lease may have been lost in a pause, and may be ours again
            try:
                await self._try_acquire_or_renew()
            except KubeError as error:
                self._warn(error)
            except Exception:  # noqa: BLE001 - if nobody stands for election, nobody decides
                _log.exception("election failed, to be tried again", extra=self._home)
            else:
                self._reported_trouble = ""
            self._report()
            await self._pause(self._period())

    async def release(self) -> None:
        """Give the lease up, if it is ours, so that another can have it at once."""
        self._stop_leading()
        self._report()
        try:
            await self._observe_now()
            if self._observed and self._observed.holder == self._identity:
                lease = self._observed.lease
                await self._lease.update(lease, lease.spec.held_by("", _RELEASED_DURATION_SECONDS))
        except KubeError as error:
            _log.warning("lease not released", extra={"error": str(error)})

    def _period(self) -> float:
        jitter = 0.8 + 0.4 * self._timing.random()
        certain = self.leading and self._observed_is_current
        return _RENEW_PERIOD_SECONDS if certain else _RETRY_PERIOD_SECONDS * jitter

    async def _pause(self, seconds: float) -> None:
        """Sleep, but notice when the lease is lost in between."""
        remaining = self._renew_deadline - self._clock()
        if 0 < remaining < seconds:
            await self._timing.sleep(remaining)
            self._report()
            seconds -= remaining
        await self._timing.sleep(seconds)

    async def _try_acquire_or_renew(self) -> None:
        """Renew if we lead and nothing has failed; or else look, and take what is ours or free."""
        if not (self.leading and self._observed_is_current):
            await self._observe_now()
        if self._observed is None:
            await self._acquire(None)
        elif self._observed.holder == self._identity or self._observed.expired(self._clock()):
            await self._acquire(self._observed.lease)

    async def _observe_now(self) -> None:
        try:
            lease = await self._lease.get()
        except NotFoundError:
            self._stop_leading()
            self._observe_deletion()
            return
        self._observe(lease)
        if self.holder != self._identity:
            self._stop_leading()

    def _observe_deletion(self) -> None:
        """Wait as if the lease had been renewed just before it was deleted: its holder may lead.

        One that is made and deleted between two looks is seen by nobody, and cannot be allowed for.
        """
        now = self._clock()
        if self._observed is None or now < self._expires_for_others:
            self._observed = None
        elif not self._observed.deleted:
            self._observed = _Observation(self._observed.lease, now, deleted=True)
        elif self._observed.expired(now):
            self._observed = None

    def _observe(self, lease: Lease) -> None:
        before = self._observed
        if before and before.lease.version == lease.version:
            return
        self._observed = _Observation(lease, self._clock())
        known = {"", self._identity, before.holder if before else ""}
        if self._observed.holder not in known:
            _log.info("another leads", extra={"holder": self._observed.holder})

    async def _acquire(self, lease: Lease | None) -> None:
        """Write the lease as ours; it counts as ours from before the write was sent."""
        sent = self._clock()
        self._observed_is_current = False
        spec = (lease.spec if lease else LeaseSpec()).held_by(
            self._identity, _LEASE_DURATION_SECONDS
        )
        try:
            ours = await (self._lease.update(lease, spec) if lease else self._lease.create(spec))
        except ConflictError:
            self._stop_leading()  # somebody was quicker, or has taken it away
            return
        self._observe(ours)
        self._observed_is_current = True
        self._renew_deadline = sent + _RENEW_DEADLINE_SECONDS
        self._expires_for_others = sent + _LEASE_DURATION_SECONDS

    def _stop_leading(self) -> None:
        self._renew_deadline = self._clock()

    @property
    def _home(self) -> dict[str, str]:
        return {"namespace": self._lease.namespace}

    def _report(self) -> None:
        leading = self.leading
        if leading != self._reported_leading:
            self._reported_leading = leading
            self._leading_since = self._clock()
            _log.info("leading" if leading else "no longer leading", extra=self._home)
            self._on_change(leading)

    def _warn(self, error: KubeError) -> None:
        """Log a trouble once, for as long as it is the same."""
        if error.cause == self._reported_trouble:
            return
        self._reported_trouble = error.cause
        extra = {"lease": f"{self._lease.namespace}/{self._lease.name}", "error": str(error)}
        if isinstance(error, ForbiddenError):
            extra["missing"] = "get, create and update on leases"
        _log.warning("lease neither read nor renewed", extra=extra)
