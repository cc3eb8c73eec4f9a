"""A real Prometheus on the loopback interface."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.controlplane import binaries
from tests.controlplane.controlplane import HOST, start_on_free_port
from tests.controlplane.processes import Process, ProcessGroup

SCRAPE_SECONDS = 1
_CALL_SECONDS = 20


class QueryError(Exception):
    """Prometheus refuses a query; the message is its own."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is scraped at an address (host:port), as the replica `pod` of a Service `job`."""

    address: str
    pod: str
    job: str = "policy-approver"


@dataclass(frozen=True, slots=True)
class Series:
    """Labels, and values by their time in seconds."""

    labels: Mapping[str, str]
    samples: Mapping[float, float]

    @property
    def finite(self) -> Mapping[float, float]:
        """The samples that are numbers."""
        return {time: value for time, value in self.samples.items() if isfinite(value)}


class Prometheus:
    """`with Prometheus(targets, rules) as prometheus:` scrapes, and evaluates rules, each second.

    The targets have no label `cluster`, as in an installation of one cluster.
    """

    def __init__(self, *targets: Target, rules: Path | None = None) -> None:
        self._targets = targets
        self._rules = rules

    def __enter__(self) -> Self:
        self._group = ProcessGroup()
        try:
            self._start()
        except BaseException:
            self._group.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.close()
        self._group.kill()

    def at(self, expression: str, time: float) -> list[Series]:
        """Evaluate an expression at a time."""
        found = self._ask("query", query=expression, time=time)["result"]
        return [_series(each["metric"], [each["value"]]) for each in found]

    def over(self, expression: str, start: float, end: float, step: float) -> list[Series]:
        """Evaluate an expression at all steps of some time."""
        found = self._ask("query_range", query=expression, start=start, end=end, step=step)
        return [_series(each["metric"], each["values"]) for each in found["result"]]

    def firing(self) -> dict[str, list[Mapping[str, str]]]:
        """Give the labels of the alerts that fire now, by the alerts' names."""
        found: dict[str, list[Mapping[str, str]]] = {}
        for alert in self._ask("alerts")["alerts"]:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found

    def scraped(self) -> bool:
        """Say whether every target was there when it was scraped last."""
        targets = self._ask("targets", state="active")["activeTargets"]
        return all(target["health"] == "up" for target in targets)

    def _start(self) -> None:
        file = self._group.directory / "prometheus.json"
        file.write_text(json.dumps(_configuration(self._targets, self._rules)))
        command = [
            str(binaries.find("prometheus")),
            f"--config.file={file}",
            f"--storage.tsdb.path={self._group.directory / 'data'}",
            "--log.level=warn",
        ]

        def listening_on(port: int) -> Process:
            self._http = httpx.Client(
                base_url=f"http://{HOST}:{port}", timeout=_CALL_SECONDS, trust_env=False
            )
            address = f"--web.listen-address={HOST}:{port}"
            return Process(self._group, [*command, address], ready=self._ready)

        start_on_free_port(listening_on)

    def _ready(self) -> bool:
        try:
            return self._http.get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def _ask(self, path: str, **parameters: str | float) -> Any:  # noqa: ANN401 - as the path has it
        answer = self._http.get(f"/api/v1/{path}", params=parameters).json()
        if answer["status"] != "success":
            raise QueryError(f"{parameters.get('query')}: {answer['error']}")
        return answer["data"]


def _configuration(targets: tuple[Target, ...], rules: Path | None) -> Mapping[str, Any]:
    return {
        "global": {
            "scrape_interval": f"{SCRAPE_SECONDS}s",
            "evaluation_interval": f"{SCRAPE_SECONDS}s",
        },
        "rule_files": [str(rules)] if rules else [],
        "scrape_configs": [
            {
                "job_name": target.pod,
                "static_configs": [{"targets": [target.address], "labels": _labels(target)}],
            }
            for target in targets
        ],
    }


def _labels(target: Target) -> Mapping[str, str]:
    return {"job": target.job, "namespace": "policy-approver", "pod": target.pod}


def _series(labels: Mapping[str, str], samples: list[tuple[float, str]]) -> Series:
    return Series(labels, {float(time): float(value) for time, value in samples})
