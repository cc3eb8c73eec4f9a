"""The composition root: connects, makes the parts of the controller, and serves its endpoints."""

import asyncio
import random
import socket
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import cached_property, partial
from typing import Final

from approver.cel import AsyncEngine
from approver.cel.remembering import RememberingEngine
from approver.controller.access_hints import AccessHints
from approver.controller.announcer import Announcer
from approver.controller.controller import REQUESTS, Controller, RequestReconciler
from approver.controller.forecast import Forecast
from approver.controller.handlers import ChangeHandlers, Requeuer
from approver.controller.informers import Informers
from approver.controller.late_questions import LateQuestions
from approver.controller.pending import Pending
from approver.controller.policies import Policies
from approver.controller.queue import Lane, WorkQueue
from approver.controller.readiness import ReadinessReporter
from approver.controller.readings import Readings
from approver.controller.reconciler import Reconciler
from approver.controller.reviewer import Reviewer
from approver.controller.rule_workers import count_end
from approver.controller.shadow_reconciler import ShadowReconciler
from approver.controller.signer_rights import SignerRights
from approver.controller.signers import Signers
from approver.controller.slow_start import SlowStart
from approver.controller.snapshot import Snapshot, Snapshots
from approver.controller.telemetry import MetricsTelemetry, QueueMetrics
from approver.controller.writer import Writer
from approver.kube.authorizer import Authorizer
from approver.kube.discovery import Discovery
from approver.kube.election_thread import ElectionThread, told_on
from approver.kube.events import EventWriter
from approver.kube.health import Health
from approver.kube.leader_election import LeaderElector
from approver.kube.lease import LEASE, SHADOW_LEASE
from approver.kube.session import Session
from approver.kube.watch_stream import Key
from approver.ops.endpoints import health_page, metrics_page, readiness_page, serve
from approver.ops.metrics import Metrics
from approver.ops.settings import Settings
from approver.webhook.assembly import assemble
from approver.webhook.webhook import Webhook

# Seconds without a failure before what failed is tried again, and at the most.
_CALM_SECONDS: Final = (0.1, 1.0)
_LONG_WORKERS: Final = 4  # each may hold some MB of what a tenant has written


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set. Raise `ConfigurationError` or `AddressError`."""
    metrics = Metrics()

    def connect() -> AbstractAsyncContextManager[Session]:
        telemetry = MetricsTelemetry(metrics)
        return Session.open(settings.kubeconfig, settings.context, telemetry=telemetry)

    async with AsyncEngine(on_end=partial(count_end, metrics)) as engine, connect() as session:
        composition = Composition(session, connect, engine, metrics, settings)
        probes = {"/healthz": health_page, "/readyz": readiness_page(composition.missing)}
        exposition = {"/metrics": metrics_page(metrics.registry, composition.report)}
        async with (
            serve("probes", settings.readiness_probe_bind_address, probes),
            serve("metrics", settings.metrics_bind_address, exposition),
            composition.webhook.running(stop) if composition.webhook else nullcontext(),
        ):
            await composition.controller.run(stop)


class Composition:
    """The parts of one controller, each made when another one first needs it.

    `connect` opens a session more.
    """

    def __init__(
        self,
        session: Session,
        connect: Callable[[], AbstractAsyncContextManager[Session]],
        engine: AsyncEngine,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._session = session
        self._connect = connect
        self._rule_workers = engine
        self._engine = RememberingEngine(engine)
        self._metrics = metrics
        self._settings = settings
        self._host = socket.gethostname()  # the name of the pod

    @cached_property
    def controller(self) -> Controller:
        """All of it."""
        # A server that has just started answers before it knows who may what.
        self._session.health.on_recovery(lambda _: self.authorizer.invalidate())
        return Controller(
            informers=self.informers,
            handlers=self.handlers,
            requeuer=self.requeuer,
            elector=self.elector,
            lease=self._lease,
            policies=self.policies,
            pending=self.pending,
            queue=self.queue,
            late_questions=self.late_questions,
            signer_rights=self.signer_rights,
            reconciler=self.reconciler,
            workers=self._workers,
            events=self.events,
            rule_workers=self._rule_workers,
            metrics=self._metrics,
        )

    @cached_property
    def webhook(self) -> Webhook | None:
        """What the API server asks when policies are written."""
        if not self._settings.webhook:
            return None
        return assemble(
            self._settings,
            self._session,
            self._engine,
            self._metrics,
            decide=self.forecast.decide,
            leading=lambda: self.elector.leading,
        )

    @cached_property
    def forecast(self) -> Forecast:
        """What tells tenants what would be decided; it shares no readings with decisions."""
        return Forecast(
            self.informers,
            lambda: self.policies.catalogue,
            self._reviewer_by(Readings(self._settings.max_csr_size, most_characters=1)),
            self._settings.policy_enforcement,
        )

    def missing(self) -> Sequence[str]:
        """Name what keeps it from its work; nothing if it does it."""
        return [*self.controller.missing(), *(self.webhook.missing() if self.webhook else ())]

    def report(self) -> None:
        """Bring the gauges up to date."""
        self.controller.report()
        if self.webhook:
            self.webhook.report()

    @cached_property
    def reconciler(self) -> RequestReconciler:
        """What is done about requests."""
        if self._settings.shadow:
            return ShadowReconciler(
                self.queue, self.snapshots, self.reviewer, self.elector, self._metrics
            )
        announcer = Announcer(self.events, self._metrics, self.readings.read)
        health = Health(time.monotonic, *_CALM_SECONDS)
        signers = Signers(self.queue.requeue, random.random)
        health.on_recovery(lambda _: self.queue.retry_now())
        self._session.health.on_recovery(lambda _: signers.retry_now())
        self._session.health.on_recovery(lambda _: self.slow_start.restart())
        return Reconciler(
            requests=self.informers.requests,
            snapshots=self.snapshots,
            reviewer=self.reviewer,
            late_questions=self.late_questions,
            authorizer=self.authorizer,
            enforcement=self._settings.policy_enforcement,
            prove_current=self.informers.prove_current,
            find_kind=self.discovery.find,
            no_policies_for=lambda: self.informers.no_policies_for,
            leadership=self.elector,
            pending=self.pending,
            writer=Writer(self._session, announcer, self._metrics, self.elector),
            slow_start=self.slow_start,
            announcer=announcer,
            signers=signers,
            health=health,
        )

    @cached_property
    def discovery(self) -> Discovery:
        """What knows which kinds are served."""
        return Discovery(self._session)

    @cached_property
    def signer_rights(self) -> SignerRights:
        """What looks after our right to approve."""
        return SignerRights(
            self._session, self.discovery, lambda: self.policies.catalogue, self._metrics
        )

    @cached_property
    def slow_start(self) -> SlowStart:
        """What has few decisions written at first."""
        return SlowStart()

    @cached_property
    def handlers(self) -> ChangeHandlers:
        """What is called at every change."""
        return ChangeHandlers(
            informers=self.informers,
            queue=self.queue,
            pending=self.pending,
            policies=self.policies,
            snapshots=self.snapshots,
            requeuer=self.requeuer,
            slow_start=self.slow_start,
            authorizer=self.authorizer,
            events=self.events,
            closing=self.reconciler,
            metrics=self._metrics,
        )

    @cached_property
    def policies(self) -> Policies:
        """The policies, compiled."""
        return Policies(
            self.informers,
            self._engine,
            ReadinessReporter(self._session, self.events, self._may_report),
            jitter=random.random,
            on_change=lambda change: self.handlers.decisions_changed(change),  # noqa: PLW0108 - made of this
            requester_selectors=self._settings.requester_selectors,
        )

    def _may_report(self) -> bool:
        return (
            self.elector.leading and not self._settings.shadow and not self.informers.missing_fields
        )

    @cached_property
    def elector(self) -> ElectionThread:
        """Which of several replicas decides."""
        on_change = told_on(
            asyncio.get_running_loop(),
            lambda leading: self.handlers.leadership_changed(leading),  # noqa: PLW0108 - made of this
        )
        return ElectionThread(
            self._connect,
            lambda session: LeaderElector(
                session,
                self._settings.leader_election_namespace or session.namespace,
                self._lease,
                f"{self._host}_{uuid.uuid4()}",  # which no other process has
                on_change=on_change,
            ),
        )

    @cached_property
    def snapshots(self) -> Snapshots:
        """What reviews go by."""
        return Snapshots(
            lambda: Snapshot(lambda: self.policies.catalogue, self.informers.namespace_labels)
        )

    @cached_property
    def reviewer(self) -> Reviewer:
        """Who reviews."""
        return self._reviewer_by(self.readings)

    def _reviewer_by(self, readings: Readings) -> Reviewer:
        return Reviewer(
            self.authorizer,
            self.access_hints,
            self._engine,
            self._metrics,
            readings=readings,
            always_read=self._settings.policy_enforcement.looks_at_problems,
        )

    @cached_property
    def access_hints(self) -> AccessHints:
        """What tells which policies a requester may likely use."""
        return AccessHints(self.informers.bindings, lambda: self.authorizer.drops)

    @cached_property
    def late_questions(self) -> LateQuestions:
        """What asks where nobody waits for the answer."""
        return LateQuestions(
            self.informers.requests,
            self.snapshots,
            self.reviewer,
            jitter=random.random,
            on_answered=self.queue.requeue,
        )

    @cached_property
    def readings(self) -> Readings:
        """What the latest requests ask for."""
        return Readings(self._settings.max_csr_size)

    @cached_property
    def authorizer(self) -> Authorizer:
        """Who knows which policies a requester may use."""
        return Authorizer(self._session, on_drop=self.requeuer.request_all)

    @cached_property
    def requeuer(self) -> Requeuer:
        """What has all requests reviewed again."""
        return Requeuer(self.informers.requests, self.queue)

    @cached_property
    def informers(self) -> Informers:
        """What is known of the cluster."""
        require = self._settings.require_cert_manager_webhook
        return Informers(self._session, require_webhook=require)

    @cached_property
    def events(self) -> EventWriter:
        """What writes events."""
        return EventWriter(self._session, self._host)

    @cached_property
    def pending(self) -> Pending:
        """The requests that want a decision."""
        return Pending(time.monotonic)

    @cached_property
    def queue(self) -> WorkQueue[Key]:
        """The requests that want a review."""
        return WorkQueue(
            random.random,
            group=_namespace,
            workers=self._workers,
            telemetry=QueueMetrics(self._metrics, REQUESTS),
        )

    @property
    def _workers(self) -> Mapping[Lane, int]:
        return {Lane.SHORT: self._settings.workers, Lane.LONG: _LONG_WORKERS}

    @property
    def _lease(self) -> str:
        return SHADOW_LEASE if self._settings.shadow else LEASE


def _namespace(key: Key) -> str:
    return key[0]
