"""The webhook's life: it has a certificate, serves, tells whether it can be called, and drains."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from math import inf
from typing import Final

from approver.ops.metrics import Metrics, gauge
from approver.rules import RuleEngineError
from approver.webhook.certificates import Certificates
from approver.webhook.policy_admission import PolicyAdmission
from approver.webhook.server import WebhookServer
from approver.webhook.serving_context import ServingContext
from approver.webhook.trust import Trust

_log = logging.getLogger(__name__)

_EXPIRY = gauge(
    "policy_approver_webhook_certificate_expiry_timestamp_seconds",
    "Until when the certificate is valid that the replica's webhook serves; not there without one.",
    "name",
)
_LOOK_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 5.0
_LASTING_SECONDS: Final = 5.0  # what takes longer is no start
_AGAIN_SECONDS: Final = 60.0  # before another trouble is told of
_DRAIN_SECONDS: Final = 5.0  # in which the API server hears that we are gone


class Webhook:
    """Serves while it is `running`. `service` is the DNS name by which the API server calls it."""

    def __init__(
        self,
        server: WebhookServer,
        context: ServingContext,
        certificates: Certificates,
        trust: Trust,
        policies: PolicyAdmission,
        service: str,
        metrics: Metrics,
    ) -> None:
        self._server = server
        self._context = context
        self._certificates = certificates
        self._trust = trust
        self._policies = policies
        self._service = service
        self._metrics = metrics
        self._warm = False

    def missing(self) -> Sequence[str]:
        """Name what keeps the API server from calling it; nothing if it can, or is not to."""
        if not self._warm:
            return ["waiting for the engine of rules"]
        if not self._trust.known:
            return ["waiting for the configuration of the webhook"]
        for bundle in self._trust.bundles:
            if problem := self._context.verifies(bundle, self._service):
                return [f"waiting for the webhook: {problem}"]
        return []

    def report(self) -> None:
        """Bring the gauges up to date."""
        if self._context.ends_at:
            self._metrics[_EXPIRY].labels(self._service).set(self._context.ends_at.timestamp())

    @asynccontextmanager
    async def running(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """Serve until the end of the block, and on for a moment. Raise `AddressError`."""
        async with (
            self._policies,
            self._server.listening(self._context.context),
            asyncio.TaskGroup() as tasks,
        ):
            background = [
                tasks.create_task(self._certificates.run(), name="webhook certificates"),
                tasks.create_task(self._trust.run(), name="webhook trust"),
                tasks.create_task(self._keep(), name="webhook renewal"),
                tasks.create_task(self._warm_up(), name="webhook warming"),
                tasks.create_task(self._drain(stop), name="webhook draining"),
            ]
            try:
                yield
                await asyncio.sleep(_DRAIN_SECONDS)
            finally:
                for task in background:
                    task.cancel()

    async def _keep(self) -> None:
        teller = Teller()
        while True:
            pause = _LOOK_SECONDS
            try:
                await self._certificates.keep()
                trouble = next(iter(self.missing()), self._unknown())
            except Exception as error:  # noqa: BLE001 - no certificate is worth the controller
                why = str(error) or type(error).__name__
                trouble, pause = f"its certificate: {why}", _RETRY_SECONDS
            teller.hear(trouble)
            await asyncio.sleep(pause)

    def _unknown(self) -> str:
        """Return that nobody knows it, if that is so."""
        if self._trust.bundles:
            return ""
        return f"there is no ValidatingWebhookConfiguration {self._trust.name} with a webhook"

    async def _warm_up(self) -> None:
        while not self._warm:
            try:
                await self._policies.warm_up()
                self._warm = True
            except RuleEngineError as error:
                _log.warning("the engine of rules", extra={"error": str(error)})
                await asyncio.sleep(_LOOK_SECONDS)

    async def _drain(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._server.draining = True


class Teller:
    """Logs what keeps the webhook from being called, once it has lasted, and when it is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._told_at = -inf
        self._told: str | None = None  # nothing yet

    def hear(self, trouble: str) -> None:
        """Hear what it is now; "" if all is well."""
        now = self._clock()
        if not trouble:
            self._since = None
            if self._told != "":
                _log.info("the webhook can be called")
                self._told = ""
            return
        self._since = now if self._since is None else self._since
        lasts = now - self._since >= _LASTING_SECONDS
        if (
            lasts
            and trouble != self._told
            and (not self._told or now - self._told_at >= _AGAIN_SECONDS)
        ):
            _log.warning("the webhook is not called", extra={"error": trouble})
            self._told, self._told_at = trouble, now
