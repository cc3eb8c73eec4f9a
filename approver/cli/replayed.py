"""A replay as people read it, and as programs do."""

import csv
import html
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from approver.cli.output import document
from approver.replay import Change, Report
from approver.replay.report import KINDS, NEVER, Kind

_FEW: Final = 5
_DAY_SECONDS: Final = 86_400
_TITLES: Final[Mapping[Kind, str]] = {
    "broken": "BROKEN: approved until now",
    "gained": "NEW ACCESS: approved from now on",
    "other": "OTHER CHANGES, none of which approves",
}
_NOTHING_RUNS: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = (
    "body{font:16px/1.4 sans-serif;margin:1rem;max-width:60rem}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border-bottom:1px solid #ccc;padding:.3rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}"
)


def as_text(report: Report, looked_at: str, *, everything: bool) -> str:
    """Return it as text."""
    return "\n".join(_lines(report, looked_at, everything=everything))


def as_json(report: Report, looked_at: str) -> str:
    """Return it as a document."""
    return document(
        lookedAt=looked_at,
        unchanged=report.unchanged,
        byAnotherPolicy=report.moved,
        changes=[_plain(change) for change in _ordered(report)],
    )


def as_jsonl(report: Report) -> str:
    """Return a line of JSON for each change."""
    return "\n".join(json.dumps(_plain(change)) for change in _ordered(report))


def as_csv(report: Report) -> str:
    """Return a table for a spreadsheet; no cell begins like a formula."""
    text = io.StringIO()
    rows = [_plain(change) for change in _ordered(report)]
    names = ["kind", "namespace", "certificate", "request", "old", "new", "cause", "renewal"]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(row[name]) for name in names} for row in rows)
    return text.getvalue().rstrip("\n")


def as_html(report: Report, looked_at: str) -> str:
    """Return one page that needs no other file."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width, initial-scale=1">',
        # Requesters have chosen the names on it: nothing on it is run, or loaded.
        f'<meta http-equiv=Content-Security-Policy content="{_NOTHING_RUNS}">',
        f"<title>Replay</title><style>{_STYLE}</style>",
        f"<h1>What would change</h1><p>{html.escape(looked_at)}",
        f"<p>{report.unchanged} unchanged.",
    ]
    for kind in KINDS:
        groups = report.groups(kind)
        if groups:
            parts.append(f"<h2>{html.escape(_TITLES[kind])} ({report.count(kind)})</h2>")
        for group in groups:
            parts.append(f"<h3>{html.escape(group.cause)}</h3><table><tr><th>who<th>renewal<th>")
            parts += [
                f"<tr><td>{html.escape(each.who)}<td>{html.escape(_when(each))}"
                f"<td>{each.old.verdict} → {each.new.verdict}"
                for each in group.changes
            ]
            parts.append("</table>")
    return "\n".join(parts)


def as_policy_report(report: Report) -> str:
    """Return a ClusterPolicyReport, as viewers of wgpolicyk8s.io know it."""
    results = [
        {
            "policy": change.new.policy or change.cause.partition(":")[0],
            "result": {"broken": "fail", "gained": "warn", "other": "skip"}[change.kind],
            "message": change.cause,
            "source": "policy-approver",
            "resources": [
                {
                    "apiVersion": "cert-manager.io/v1",
                    "kind": "CertificateRequest",
                    "namespace": change.namespace,
                    "name": change.name,
                }
            ],
        }
        for change in _ordered(report)
    ]
    summary = {"pass": report.unchanged, "fail": 0, "warn": 0, "error": 0, "skip": 0}
    for result in results:
        summary[str(result["result"])] += 1
    return json.dumps(
        {
            "apiVersion": "wgpolicyk8s.io/v1alpha2",
            "kind": "ClusterPolicyReport",
            "metadata": {"name": "policy-approver-replay"},
            "summary": summary,
            "results": results,
        },
        indent=2,
    )


def _lines(report: Report, looked_at: str, *, everything: bool) -> Iterator[str]:
    yield looked_at
    for kind in KINDS:
        groups = report.groups(kind)
        if not groups:
            continue
        yield ""
        yield f"{_TITLES[kind]}  {report.count(kind)}"
        for group in groups:
            yield f"  {len(group.changes):4}  {group.cause}"
            shown = group.changes if everything else group.changes[:_FEW]
            for change in shown:
                step = f"{change.old.verdict} -> {change.new.verdict}"
                yield f"        {change.who}  {step}  {_when(change)}".rstrip()
            if more := len(group.changes) - len(shown):
                yield f"        and {more} more: --all"
    yield ""
    if not report.changes:
        yield "No verdict changes."
    moved = f", {report.moved} of them approved by another policy" if report.moved else ""
    yield f"unchanged  {report.unchanged}{moved}"


def _when(change: Change) -> str:
    if change.renewal == NEVER:
        return "no Certificate asks again"
    seconds = (change.renewal - datetime.now(UTC)).total_seconds() if _known(change) else 0
    if seconds <= 0:
        return "next renewal: now"
    days = int(seconds // _DAY_SECONDS)
    return f"next renewal in {days} days" if days else "next renewal today"


def _known(change: Change) -> bool:
    return change.renewal.year > 1


def _ordered(report: Report) -> Iterator[Change]:
    for kind in KINDS:
        for group in report.groups(kind):
            yield from group.changes


def _plain(change: Change) -> dict[str, Any]:
    has_date = change.renewal != NEVER and _known(change)
    return {
        "kind": change.kind,
        "namespace": change.namespace,
        "certificate": change.certificate,
        "request": change.name,
        "old": change.old.verdict,
        "new": change.new.verdict,
        "cause": change.cause,
        "renewal": change.renewal.isoformat() if has_date else None,
    }


def _cell(value: object) -> object:
    """Keep a spreadsheet from taking a text for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
