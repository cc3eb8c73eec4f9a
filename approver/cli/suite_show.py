"""What `test` prints of results: as text, JSON or JUnit."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from approver.cli import junit as xml
from approver.cli.output import document
from approver.cli.suite_claims import ClaimResult
from approver.cli.suite_coverage import Mutant, percentage
from approver.cli.suite_run import Result
from approver.cli.terminal import Terminal
from approver.manifests.suites import Suite

Run = tuple[Suite, Sequence[Result], Sequence[ClaimResult]]
"""A suite, and what became of its tests and its claims."""


def as_text(
    runs: Sequence[Run],
    terminal: Terminal,
    coverage: Sequence[Mutant] | None = None,
    *,
    verbose: bool,
) -> str:
    """Return failures, and what passed if it is to be verbose; then coverage, and a sum."""
    lines = [line for run in runs for line in _suite(run, terminal, verbose=verbose)]
    lines += () if coverage is None else _coverage(coverage, verbose=verbose)
    return "\n".join([*lines, _sum(runs, terminal)])


def _coverage(mutants: Sequence[Mutant], *, verbose: bool) -> Iterator[str]:
    shown = [each for each in mutants if verbose or not each.noticed_by]
    width = max((len(f"{each.policy} {each.field}") for each in shown), default=0)
    for each in shown:
        place = f"{each.policy} {each.field}"
        yield f"  {place:{width}}  {each.change:14}  {each.noticed_by or 'NOTICED BY NOTHING'}"
    noticed = sum(bool(each.noticed_by) for each in mutants)
    yield f"coverage: {noticed} of {len(mutants)} changes are noticed, {percentage(mutants)} %"


def _suite(run: Run, terminal: Terminal, *, verbose: bool) -> Iterator[str]:
    suite, results, claims = run
    failed = sum(not result.passed for result in results)
    counts = f"{len(results) - failed} passed" + (f", {failed} failed" if failed else "")
    yield f"{suite.path!s:60} {counts}"
    for result in results:
        if verbose and result.passed:
            yield f"  {terminal.paint('PASS', 'green')}  {result.test.name}"
        elif not result.passed:
            where = f"{suite.path}:{result.test.line}"
            yield f"  {terminal.paint('FAIL', 'red')}  {result.test.name}  ({where})"
            yield from (f"        {line}" for line in result.wrong)
    for claim in claims:
        if verbose and claim.status == "proven":
            yield f"  {terminal.paint('PROVEN', 'green')}  {claim.claim.name}"
        elif claim.status != "proven":
            where = f"{suite.path}:{claim.claim.line}"
            yield f"  {terminal.paint(claim.status.upper(), 'red')}  {claim.claim.name}  ({where})"
            yield f"        {claim.shown}"


def _sum(runs: Sequence[Run], terminal: Terminal) -> str:
    good = [result.passed for _, results, _ in runs for result in results]
    good += [claim.status == "proven" for _, _, claims in runs for claim in claims]
    if not all(good):
        return terminal.paint(f"FAILED: {good.count(False)} of {len(good)}", "red")
    return terminal.paint(f"passed: {len(good)} of {len(good)}", "green")


def as_json(runs: Sequence[Run], coverage: Sequence[Mutant] | None = None) -> str:
    """Return results as a JSON document."""
    return document(
        coverage=None if coverage is None else [asdict(each) for each in coverage],
        files=[
            {
                "path": str(suite.path),
                "tests": [_plain(result) for result in results],
                "claims": [_plain_claim(claim) for claim in claims],
            }
            for suite, results, claims in runs
        ],
    )


def _plain(result: Result) -> dict[str, Any]:
    return {
        "name": result.test.name,
        "line": result.test.line,
        "status": "passed" if result.passed else "failed",
        "expected": result.test.said["expect"],
        "got": result.got,
        "wrong": list(result.wrong),
        "decision": result.decision.to_dict(),
    }


def _plain_claim(result: ClaimResult) -> dict[str, Any]:
    return {
        "name": result.claim.name,
        "line": result.claim.line,
        "status": result.status,
        "counterexample": result.shown if result.status == "refuted" else None,
        "unknown": result.shown if result.status == "undecided" else None,
    }


def as_junit(runs: Sequence[Run]) -> str:
    """Return JUnit's XML: a suite for each file, a case for each test."""
    return xml.junit(
        "approver test",
        [
            xml.Suite(
                str(suite.path),
                [
                    xml.Case(
                        result.test.name,
                        line=result.test.line,
                        failure="\n".join(result.wrong),
                    )
                    for result in results
                ]
                + [
                    xml.Case(
                        claim.claim.name,
                        line=claim.claim.line,
                        failure=claim.shown,
                        error=claim.status == "undecided",
                    )
                    for claim in claims
                ],
            )
            for suite, results, claims in runs
        ],
    )
