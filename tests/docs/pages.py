"""The pages of docs/ that follow from the code, and how each is made."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import approver.service  # noqa: F401 - with it, all metrics are declared
from approver.cli import COMMANDS
from approver.ops.flags import flags_of
from approver.ops.metrics import CATALOGUE

ROOT: Final = Path(__file__).parents[2]


def metrics_page() -> str:
    """Return the page of metrics, by their names as Prometheus shows them."""
    return _page(
        "# Metrics",
        "",
        "What `/metrics` has, beside the `process_*` metrics of all programs. No label has what a",
        "requester chose. The series of a policy go away when it is deleted.",
        "",
        *_table(("metric", "type", "labels", "meaning"), _metric_rows()),
    )


def _metric_rows() -> Iterator[tuple[str, ...]]:
    for name, metric in sorted(CATALOGUE.items()):
        series = f"{name}_total" if metric.kind == "counter" else name
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"`{series}`", metric.kind, labels, metric.help.replace("<", "&lt;")


def flags_page() -> str:
    """Return the page of the flags of every command."""
    columns = ("flag", "variable", "default", "meaning")
    parts = (
        ("", f"## approver {command}", "", *_table(columns, _flag_rows(command)))
        for command in COMMANDS
    )
    return _page(
        "# Flags",
        "",
        "Each flag has an environment variable, which counts where the flag is not given.",
        "A switch, whose default is `false`, takes no value; its variable is `true` or `false`.",
        *(line for part in parts for line in part),
    )


def _flag_rows(command: str) -> Iterator[tuple[str, ...]]:
    for flag in flags_of(import_module(f"approver.cli.{command}").Settings):
        variable = f"`{flag.variable}`" if flag.variable else ""
        default = f"`{flag.default}`" if flag.default else ""
        yield f"`{flag.name}`", variable, default, flag.help + "; repeatable" * flag.repeated


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (columns, ("---",) * len(columns), *rows):
        yield f"| {' | '.join(row)} |"


def _page(*lines: str) -> str:
    return "\n".join(lines) + "\n"


PAGES: Final[Mapping[Path, Callable[[], str]]] = {
    ROOT / "docs" / "metrics.md": metrics_page,
    ROOT / "docs" / "flags.md": flags_page,
}
