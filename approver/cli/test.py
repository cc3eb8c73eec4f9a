"""Run tests of policies: what is to become of requests, and why.

PATHS are files, or folders in which all files *.approver-test.yaml are found. Each says which
policies it is about, and for each request whether it is approved, denied, unmatched, waiting or
invalid, by which policy, and exactly because of what. Claims are about all requests: that such a
one is never approved, or always. `approver schema test` prints the schema.

Exit status: 0 all passed, 1 some failed, 2 input that is unusable, 3 no answer, or
a claim that is undecided.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from approver.cli.accepting import accept
from approver.cli.flags import FlagParser
from approver.cli.output import add_output, one_path, say, tell_errors, terminal, write
from approver.cli.status import GOOD, NO, UNKNOWN, UNUSABLE
from approver.cli.suite_claims import prove
from approver.cli.suite_coverage import Mutant, coverage, percentage
from approver.cli.suite_run import Prepared, prepare
from approver.cli.suite_show import Run, as_json, as_junit, as_text
from approver.cli.watching import changes
from approver.crd import own_schema
from approver.lint import Shape
from approver.manifests.files import UnusableError
from approver.manifests.suites import Suite, SuiteTest, read_suites
from approver.ops.flags import flag

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

EXAMPLES = (
    ("", "all tests below this folder"),
    ("-v team-a.approver-test.yaml", "what passed, too"),
    ("-k look-alike", "the tests whose names have this in them"),
    ("--coverage", "the fields of policies whose change no test would notice"),
    ("-o junit=results.xml", "for CI, beside the text"),
    ("--accept", "write down why requests are denied, where tests do not say so yet"),
)


_ALL: Final = 100


def _percent(text: str) -> int:
    if not (text.isdecimal() and int(text) <= _ALL):
        raise ValueError(f"{text} is not a number from 0 to {_ALL}")
    return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What counts as passed, beside the tests."""

    coverage_min: int = flag(
        "fail if tests notice less than this part of all changes, in percent", "0", _percent
    )


def add_arguments(parser: FlagParser) -> None:
    """Declare which tests are run, and how results are shown."""
    parser.add_argument("paths", nargs="*", type=one_path, metavar="PATHS", default=[Path()])
    add_output(parser, "text", "json", "junit")
    parser.add_argument("-k", dest="name", default="", help="only tests with this in their names")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what passed, too")
    parser.add_argument(
        "--coverage", action="store_true", help="list the changes of policies that no test notices"
    )
    parser.add_argument("--watch", action="store_true", help="run again when a file changes")
    parser.add_argument(
        "--accept", action="store_true", help="write `because` into passed tests that lack it"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the tests; return the exit status, with --watch never."""
    status = _once(arguments, settings)
    for _ in changes(arguments.paths) if arguments.watch else ():
        status = _once(arguments, settings)
    return status


@dataclass(frozen=True, slots=True)
class _Tried:
    runs: Sequence[Run]
    errors: Sequence[UnusableError]
    coverage: Sequence[Mutant] | None = None

    @property
    def passed(self) -> bool:
        return all(result.passed for _, results, _ in self.runs for result in results)

    @property
    def claimed(self) -> Counter[str]:
        return Counter(claim.status for _, _, claims in self.runs for claim in claims)


def _once(arguments: argparse.Namespace, settings: Settings) -> int:
    measured = arguments.coverage or settings.coverage_min > 0
    tried = _try(arguments.paths, arguments.name, measured=measured)
    if not tried.errors:
        _show(tried, arguments)
        for note in accept(tried.runs) if arguments.accept else ():
            say(note)
    if tell_errors("test", tried.errors):
        return UNUSABLE
    enough = tried.coverage is None or percentage(tried.coverage) >= settings.coverage_min
    if not (tried.passed and enough) or tried.claimed["refuted"]:
        return NO
    return UNKNOWN if tried.claimed["undecided"] else GOOD


def _try(paths: Sequence[Path], name: str, *, measured: bool) -> _Tried:
    """Run all, or nothing if anything is wrong with any suite."""
    suites, errors = read_suites(paths)
    prepared = list[Prepared]()
    shape = Shape(own_schema())
    for suite in suites:
        try:
            prepared.append(prepare(_named(suite, name), shape, lambda test: _wanted(test, name)))
        except ExceptionGroup as group:
            errors += _unusable(group)
    if not (errors or any(each.tests or each.suite.claims for each in prepared)):
        errors.append(UnusableError(f"no test has {name!r} in its name"))
    if errors:
        return _Tried([], errors)
    try:
        tried = _Tried([(each.suite, each.results(), prove(each)) for each in prepared], [])
    except UnusableError as error:
        return _Tried([], [error])
    # What fails already notices everything.
    return replace(tried, coverage=coverage(prepared)) if measured and tried.passed else tried


def _named(suite: Suite, name: str) -> Suite:
    return replace(suite, claims=[claim for claim in suite.claims if _wanted(claim, name)])


def _wanted(test: SuiteTest, name: str) -> bool:
    return name.casefold() in test.name.casefold()


def _unusable(group: ExceptionGroup[Exception]) -> Iterator[UnusableError]:
    for error in group.exceptions:
        if not isinstance(error, UnusableError):
            raise error
        yield error


def _show(tried: _Tried, arguments: argparse.Namespace) -> None:
    runs, found = tried.runs, tried.coverage
    write(
        arguments.output,
        {
            "text": lambda: as_text(runs, terminal(arguments), found, verbose=arguments.verbose),
            "json": lambda: as_json(runs, found),
            "junit": lambda: as_junit(runs),
        },
    )
