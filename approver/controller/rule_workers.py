"""What the processes that rules run in tell of themselves, as metrics."""

from typing import Protocol

from approver.ops.metrics import Metrics, counter, gauge

_RESTARTS = counter(
    "policy_approver_rule_worker_restarts",
    "Processes of rules that ended: stopped by a rule for its time or memory, or lost.",
    "cause",
    known=(("time",), ("memory",), ("lost",)),
)
_BLOCKED = gauge(
    "policy_approver_rules_blocked",
    "Rules that were stopped lately, and must leave a process to the others.",
)
_MEMORY = gauge(
    "policy_approver_rule_worker_resident_memory_bytes",
    "Memory of the processes of rules, all together.",
)


class RuleWorkers(Protocol):
    """The engine of rules, as far as it can be watched."""

    @property
    def blocked(self) -> int:
        """How many rules were stopped lately."""
        ...

    def resident_memory(self) -> int:
        """Return the bytes of memory that its processes have."""
        ...


class RuleWorkerMetrics:
    """Told by the engine of each process that ended, and asked to bring the gauges up to date."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def ended(self, cause: str) -> None:
        """Count a process that ended: for `time`, for `memory`, or `lost`."""
        self._metrics[_RESTARTS].labels(cause).inc()

    def report(self, workers: RuleWorkers) -> None:
        """Bring the gauges up to date."""
        self._metrics[_BLOCKED].set(workers.blocked)
        self._metrics[_MEMORY].set(workers.resident_memory())
