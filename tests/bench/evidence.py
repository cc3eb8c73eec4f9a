"""When things were done, as the API server noted it in its audit log."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from tests.controlplane.controlplane import ControlPlane

AUDIT = (
    {
        "level": "Metadata",
        "verbs": ["create", "patch"],
        "resources": [
            {
                "group": "cert-manager.io",
                "resources": ["certificaterequests", "certificaterequests/status"],
            },
            {"group": "events.k8s.io", "resources": ["events"]},
        ],
    },
)
"""The rules by which it notes what is done to requests, and events."""


class Deed(NamedTuple):
    """`what` is `created`, `decided` or `told` (an event).

    `at` is when it was done and `took` how long the API server had it, both in seconds.
    """

    what: str
    user: str
    namespace: str
    name: str
    at: float
    took: float


_COUNTED = 0.99


def rate_of(times: Iterable[float]) -> float:
    """Return how many a second there were of all but the last hundredth of these times.

    cert-manager's webhook asks every second anew whether the approver may approve, for all that
    come at that moment, but five times a second at the most. So a dozen writes wait for up to
    three seconds; how many of them are the last of all is chance.
    """
    counted = sorted(times)
    counted = counted[: round(len(counted) * _COUNTED)]
    return (len(counted) - 1) / (counted[-1] - counted[0])


_WHAT = {"certificaterequests": "created", "events": "told"}


class Record:
    """The deeds since the record was begun."""

    def __init__(self, cluster: ControlPlane) -> None:
        self._log = cluster.audit_log
        self._from = self._log.stat().st_size if self._log.exists() else 0

    def done(self) -> Counter[str]:
        """Return how many deeds there are of each kind."""
        return Counter(deed.what for deed in self.deeds())

    def deeds(self) -> Iterator[Deed]:
        """Yield what has succeeded, by the lines that are whole by now."""
        with self._log.open() as lines:
            lines.seek(self._from)
            for line in lines:
                if not line.endswith("\n"):
                    return
                event = json.loads(line)
                about = event["objectRef"]
                if event["responseStatus"]["code"] < 300:
                    at = _seconds(event["stageTimestamp"])
                    yield Deed(
                        "decided" if "subresource" in about else _WHAT[about["resource"]],
                        event["user"]["username"],
                        about.get("namespace", ""),
                        about.get("name", ""),
                        at,
                        at - _seconds(event["requestReceivedTimestamp"]),
                    )


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
