"""Writing down why requests are denied, where tests do not say so yet."""

import json
import re
from collections.abc import Iterator, Sequence

from approver.cli.suite_run import Result, refusals
from approver.cli.suite_show import Run
from approver.manifests.edits import Edit, applied
from approver.manifests.files import Manifest

_WITH_REASONS = ("denied", "invalid")


def accept(runs: Sequence[Run]) -> Iterator[str]:
    """Write the `because` of passed tests that have none; yield notes. Raise `OSError`.

    No expectation changes. A test of several requests, or written on one line, is left alone.
    """
    for suite, results, _ in runs:
        text = suite.manifest.text
        edits = [change for each in results if (change := _edit(text, suite.manifest, each))]
        if edits:
            suite.path.write_text(applied(text, edits), encoding="utf-8", newline="")
            yield f"{suite.path}: wrote why into {len(edits)} test{'s' * (len(edits) != 1)}"


def _edit(text: str, manifest: Manifest, result: Result) -> Edit | None:
    said = result.test.said
    if not result.passed or "because" in said or "each" in said:
        return None
    if said["expect"] not in _WITH_REASONS:
        return None
    place = manifest.place(f"{result.test.field}.expect")
    begin = text.rfind("\n", 0, place.span.start) + 1
    end = text.find("\n", place.value_span.end)
    end = len(text) if end < 0 else end
    before = re.fullmatch(r"( *)(- +)?", text[begin : place.span.start])
    if not before:
        return None
    indent = " " * (place.span.start - begin)
    lines = [f"{indent}because:", *(f"{indent}  {line}" for line in _reasons(result))]
    return Edit(end, end, "\n" + "\n".join(lines))


def _reasons(result: Result) -> Iterator[str]:
    decision = result.decision
    if decision.request_problems:
        rule = refusals(decision)[0].partition(":")[0]
        yield f"request: {json.dumps(rule)}"
        return
    for name, trace in sorted(decision.policies.items()):
        if trace.violations and trace.selected and trace.bound and trace.enforcing:
            yield f"{name}:"
            for each in trace.violations:
                reason = {"field": each.field} | ({"value": each.value} if each.value else {})
                shown = ", ".join(
                    f"{key}: {json.dumps(value, ensure_ascii=False)}"
                    for key, value in reason.items()
                )
                yield f"  - {{{shown}}}"
