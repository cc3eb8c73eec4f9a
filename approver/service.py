"""The controller as a service: connected, with its endpoints."""

import asyncio

from approver.cel import AsyncEngine
from approver.controller.controller import Controller
from approver.controller.telemetry import MetricsTelemetry
from approver.kube.session import Session
from approver.ops.endpoints import health_page, metrics_page, readiness_page, serve
from approver.ops.metrics import Metrics
from approver.ops.settings import Settings


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set. Raise `ConfigurationError` or `AddressError`."""
    metrics = Metrics()
    async with (
        AsyncEngine() as engine,
        Session.open(
            settings.kubeconfig, settings.context, telemetry=MetricsTelemetry(metrics)
        ) as session,
    ):
        controller = Controller(
            session,
            metrics,
            engine,
            namespace=settings.leader_election_namespace or session.namespace,
            workers=settings.workers,
            enforcement=settings.enforcement,
            shadow=settings.shadow,
        )
        probes = {"/healthz": health_page, "/readyz": readiness_page(controller.missing)}
        exposition = {"/metrics": metrics_page(metrics.registry, controller.report)}
        async with (
            serve("probes", settings.readiness_probe_bind_address, probes),
            serve("metrics", settings.metrics_bind_address, exposition),
        ):
            await controller.run(stop)
