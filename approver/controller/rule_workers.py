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


def count_end(metrics: Metrics, cause: str) -> None:
    """Count a process that ended: for `time`, for `memory`, or `lost`."""
    metrics[_RESTARTS].labels(cause).inc()


def report(workers: RuleWorkers, metrics: Metrics) -> None:
    """Bring the gauges up to date."""
    metrics[_BLOCKED].set(workers.blocked)
    metrics[_MEMORY].set(workers.resident_memory())
