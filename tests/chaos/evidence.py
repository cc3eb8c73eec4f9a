"""What happened to the requests of a namespace, as the API server has it in its records."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.controlplane.client import Client
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import decision_of, without_hint

AUDIT = (
    {
        "level": "Metadata",
        "users": [APPROVER.name],
        "verbs": ["patch"],
        "resources": [{"group": "cert-manager.io", "resources": ["certificaterequests/status"]}],
    },
)
"""The rules by which the API server notes the writes of decisions."""

_REASONS = ("Approved", "Denied")
_OK = 200


@dataclass(frozen=True, slots=True)
class Fate:
    """How a request ended, when that was written, how often, and the events that tell of it."""

    kind: str | None
    message: str
    written: tuple[float, ...]
    events: tuple[tuple[str, str], ...]


def gather(cluster: ControlPlane, namespace: str) -> dict[str, Fate]:
    """Give the fate of every request by its name."""
    admin = cluster.client()
    written = _writes(cluster, namespace)
    told = _events(admin, namespace)
    fates = {}
    for request in admin.list("CertificateRequest", namespace):
        name = request["metadata"]["name"]
        found = decision_of(request) or {}
        fates[name] = Fate(
            found.get("type"), found.get("message", ""), tuple(written[name]), tuple(told[name])
        )
    return fates


def decided(client: Client, namespace: str) -> set[str]:
    """Name the requests that have a decision now."""
    return {
        request["metadata"]["name"]
        for request in client.list("CertificateRequest", namespace)
        if decision_of(request)
    }


def _writes(cluster: ControlPlane, namespace: str) -> dict[str, list[float]]:
    times = defaultdict(list)
    with cluster.audit_log.open() as lines:
        for line in lines:
            event: dict[str, Any] = json.loads(line)
            about = event["objectRef"]
            if about["namespace"] == namespace and event["responseStatus"]["code"] == _OK:
                times[about["name"]].append(_seconds(event["stageTimestamp"]))
    return times


def _events(admin: Client, namespace: str) -> dict[str, list[tuple[str, str]]]:
    told = defaultdict(list)
    for event in admin.list("Event", namespace):
        if event["reason"] in _REASONS:
            told[event["regarding"]["name"]].append((event["reason"], without_hint(event)))
    return told


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
