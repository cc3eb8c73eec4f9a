"""How many decisions a second the API server takes from a client that does nothing else."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from tests.bench.crowd import Crowd, in_parallel
from tests.bench.evidence import rate_of
from tests.bench.site import HOME, Site
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import Manifest

CONCURRENCIES = (8, 16, 24, 32)
REQUESTS = 1_000


async def by_concurrency(site: Site, *, with_event: bool) -> Mapping[int, float]:
    """Return the rate at each concurrency."""
    return {
        concurrency: await rate(site, concurrency, with_event=with_event)
        for concurrency in CONCURRENCIES
    }


async def rate(site: Site, concurrency: int, *, with_event: bool) -> float:
    """Return the rate with so many decisions at a time."""
    await asyncio.to_thread(site.stock.put, site.request, [HOME], "c", REQUESTS)
    requests = await site.crowd.requests()
    times: list[float] = []

    async def decide(request: Manifest) -> None:
        await _decide(site.crowd, request, with_event=with_event)
        times.append(time.monotonic())

    await in_parallel(requests, decide, concurrency)
    site.stock.clear()
    return rate_of(times)


async def _decide(crowd: Crowd, request: Manifest, *, with_event: bool) -> None:
    metadata = request["metadata"]
    home = f"namespaces/{metadata['namespace']}"
    now = datetime.now(UTC)
    approved = {
        "type": "Approved",
        "status": "True",
        "reason": "policy.cert-manager.io",
        "message": 'Approved by CertificateRequestPolicy: "web"',
        "lastTransitionTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    body = {
        "metadata": {"resourceVersion": metadata["resourceVersion"]},
        "status": {"conditions": [approved]},
    }
    path = f"/apis/cert-manager.io/v1/{home}/certificaterequests/{metadata['name']}/status"
    await crowd.call("PATCH", path, body, who=APPROVER, media="application/merge-patch+json")
    if with_event:
        event = _event(metadata, now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), approved["message"])
        await crowd.call("POST", f"/apis/events.k8s.io/v1/{home}/events", event, who=APPROVER)


def _event(metadata: Manifest, now: str, note: str) -> Manifest:
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name']}.{time.time_ns():x}",
            "namespace": metadata["namespace"],
        },
        "eventTime": now,
        "reportingController": "policy-approver",
        "reportingInstance": "bench",
        "action": "Review",
        "type": "Normal",
        "reason": "Approved",
        "note": note,
        "regarding": {
            "apiVersion": "cert-manager.io/v1",
            "kind": "CertificateRequest",
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
    }
