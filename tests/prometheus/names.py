"""The names of metrics: those that an expression reads, and those that an approver has."""

import re
from collections.abc import Iterator
from typing import Final

import approver.service  # noqa: F401 - with it, all metrics are declared
from approver.ops.metrics import CATALOGUE, Metrics

_NOT_NAMES: Final = (
    r'"[^"]*"',  # texts
    r"\{[^}]*\}",  # matchers, but for texts
    r"\[[^\]]*\]",  # ranges
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)",  # labels
    r"\b[a-z_]+\b(?=\s*\()",  # functions
    r"\b(?:and|or|unless|bool|offset)\b",  # only now: what is left of one is no function
)
_NAME: Final = re.compile(r"\b[a-zA-Z_:][\w:]*")
_SUFFIXES: Final = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
OF_THE_API_SERVER: Final = {
    "apiserver_admission_webhook_fail_open_count",
    "apiserver_admission_webhook_rejection_count",
}


def metrics_in(expression: str) -> set[str]:
    """Give the names of the metrics in an expression in PromQL."""
    for pattern in _NOT_NAMES:
        expression = re.sub(pattern, " ", expression)
    return set(_NAME.findall(expression))


def exported() -> Iterator[tuple[str, set[str]]]:
    """Yield each metric that is declared, with the names that its samples have."""
    for name, metric in CATALOGUE.items():
        yield name, {f"{name}{suffix}" for suffix in _SUFFIXES[metric.kind]}


def of_any_process() -> set[str]:
    """Give the names of what is exported without a declaration."""
    collected = Metrics().registry.collect()
    return {
        sample.name
        for metric in collected
        for sample in metric.samples
        if metric.name.startswith("process_")
    }
