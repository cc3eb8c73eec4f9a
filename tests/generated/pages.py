"""The files that follow from others, and how each is made."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

import yaml

import approver.service  # noqa: F401 - with it, all metrics are declared
from approver.cli import COMMANDS, module_of
from approver.cli.replaced import REPLACED
from approver.lint.admission import VARIABLES, validations
from approver.ops.flags import flags_of
from approver.ops.metrics import CATALOGUE
from approver.rules.activation import Variable, variables
from tests.crds.examples import CRD_FILE, REPOSITORY
from tests.dashboard import grafana, perses
from tests.dashboard.panels import BOARD
from tests.generated import lint_rules, replay_page, tenants, transcripts, versions
from tests.generated.install import install_manifest
from tests.generated.markdown import page, table
from tests.generated.policy_reference import policy_page
from tests.generated.values import values_page

CEL: Final = REPOSITORY / "docs" / "cel.md"
DEPLOY: Final = REPOSITORY / "deploy"
CHART: Final = DEPLOY / "charts" / "policy-approver"
PRESETS: Final = CHART.with_name("policy-presets")


def metrics_page() -> str:
    """Return the page of metrics, by their names as Prometheus shows them."""
    return page(
        "# Metrics",
        "",
        "What `/metrics` has, beside the `process_*` metrics of all programs. No label has what a",
        "requester chose. The series of a policy go away when it is deleted.",
        "",
        *table(("metric", "type", "labels", "meaning"), _metric_rows()),
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
        ("", f"## approver {command}", "", *table(columns, _flag_rows(command)))
        for command in COMMANDS
    )
    return page(
        "# Flags",
        "",
        "Each flag has an environment variable, which counts where the flag is not given.",
        "A switch, whose default is `false`, takes no value; its variable is `true` or `false`.",
        *(line for part in parts for line in part),
    )


def _flag_rows(command: str) -> Iterator[tuple[str, ...]]:
    for flag in flags_of(import_module(module_of(command)).Settings):
        variable = f"`{flag.variable}`" if flag.variable else ""
        default = f"`{flag.default}`" if flag.default else ""
        yield f"`{flag.name}`", variable, default, flag.help + "; repeatable" * flag.repeated


def cel_page() -> str:
    """Return the page of rules, with the table of what they can name."""
    before, begin, rest = CEL.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    rows = _variable_rows(("request", "cr"), variables())
    written = "\n".join(table(("field", "type", "meaning"), rows))
    return f"{before}{begin}\n{written}\n{end}{after}"


def _variable_rows(
    objects: tuple[str, ...], fields: Iterable[Variable]
) -> Iterator[tuple[str, ...]]:
    for field in fields:
        within = objects if field.says.of_value_rules else objects[:1]
        paths = tuple(f"{each}.{field.name}" for each in within)
        if field.fields:
            yield from _variable_rows(paths, field.fields)
        else:
            names = ", ".join(f"`{path}`" for path in paths)
            yield names, _TYPES[field.type], field.says.meaning


_BEGIN: Final = "<!-- variables: written by make generate -->"
_END: Final = "<!-- end of variables -->"
_TYPES: Final = {
    "string": "string",
    "[string]": "list of strings",
    "{string: string}": "map of strings",
    "bool": "bool",
    "int64": "int",
    "google.protobuf.Duration": "duration",
}


def replaced_flags() -> str:
    """Return the flags that the chart refuses, too, before a pod starts with one."""
    return json.dumps(dict(REPLACED), indent=2) + "\n"


def admission_lint() -> str:
    """Return what of the lint rules the API server can say: variables and validations."""
    variables = [{"name": name, "expression": text} for name, text in VARIABLES.items()]
    found = {"variables": variables, "validations": list(validations())}
    return yaml.safe_dump(found, sort_keys=False, width=1000)


FILES: Final[Mapping[Path, Callable[[], str]]] = {
    CHART / "files" / "lint.yaml": admission_lint,
    CHART / "files" / "crd.yaml": CRD_FILE.read_text,
    CHART / "files" / "rules.yaml": (DEPLOY / "prometheus" / "rules.yaml").read_text,
    CHART / "files" / "dashboard.json": partial(grafana.document, BOARD),
    CHART / "files" / "replaced-flags.json": replaced_flags,
    CHART / "files" / "perses.json": partial(perses.document, BOARD),
    REPOSITORY / "docs" / "metrics.md": metrics_page,
    REPOSITORY / "docs" / "flags.md": flags_page,
    REPOSITORY / "docs" / "policies.md": policy_page,
    REPOSITORY / "docs" / "values.md": partial(
        values_page, CHART / "values.yaml", PRESETS / "values.yaml"
    ),
    CEL: cel_page,
    lint_rules.PAGE: lint_rules.lint_page,
    replay_page.PAGE: replay_page.replay_page,
    transcripts.PAGE: transcripts.ci_page,
    transcripts.ANALYSIS: transcripts.analysis_page,
    versions.PAGE: versions.versions_page,
    tenants.PAGE: tenants.tenants_page,
    DEPLOY / "install.yaml": install_manifest,
    DEPLOY / "grafana" / "policy-approver.json": partial(grafana.document, BOARD),
    DEPLOY / "perses" / "policy-approver.json": partial(perses.document, BOARD),
}
