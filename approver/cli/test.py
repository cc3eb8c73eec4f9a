"""Run tests of policies: what is to become of requests, and why.

PATHS are files, or folders in which all files *.approver-test.yaml are found. Each says which
policies it is about, and for each request whether it is approved, denied, unmatched, waiting or
invalid, by which policy, and exactly because of what. `approver schema test` prints its schema.

Exit status: 0 all passed, 1 some failed, 2 input that is unusable, 3 no answer.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from approver.cli.accepting import accept
from approver.cli.flags import FlagParser
from approver.cli.no_settings import NoSettings
from approver.cli.output import add_output, one_path, say, tell_errors, terminal, write
from approver.cli.status import GOOD, NO, UNUSABLE
from approver.cli.suite_run import prepare
from approver.cli.suite_show import Run, as_json, as_junit, as_text
from approver.cli.watching import changes
from approver.crd import own_schema
from approver.lint import Shape
from approver.manifests.files import UnusableError
from approver.manifests.suites import SuiteTest, read_suites

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

Settings = NoSettings
EXAMPLES = (
    ("", "all tests below this folder"),
    ("-v team-a.approver-test.yaml", "what passed, too"),
    ("-k look-alike", "the tests whose names have this in them"),
    ("-o junit=results.xml", "for CI, beside the text"),
    ("--accept", "write down why requests are denied, where tests do not say so yet"),
)


def add_arguments(parser: FlagParser) -> None:
    """Declare which tests are run, and how results are shown."""
    parser.add_argument("paths", nargs="*", type=one_path, metavar="PATHS", default=[Path()])
    add_output(parser, "text", "json", "junit")
    parser.add_argument("-k", dest="name", default="", help="only tests with this in their names")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what passed, too")
    parser.add_argument("--watch", action="store_true", help="run again when a file changes")
    parser.add_argument(
        "--accept", action="store_true", help="write `because` into passed tests that lack it"
    )


def run(arguments: argparse.Namespace, _: Settings) -> int:
    """Run the tests; return the exit status, with --watch never."""
    status = _once(arguments)
    for _change in changes(arguments.paths) if arguments.watch else ():
        status = _once(arguments)
    return status


@dataclass(frozen=True, slots=True)
class _Tried:
    runs: Sequence[Run]
    errors: Sequence[UnusableError]


def _once(arguments: argparse.Namespace) -> int:
    tried = _try(arguments)
    if not tried.errors:
        _show(tried.runs, arguments)
        for note in accept(tried.runs) if arguments.accept else ():
            say(note)
    if tell_errors("test", tried.errors):
        return UNUSABLE
    passed = all(result.passed for _, results in tried.runs for result in results)
    return GOOD if passed else NO


def _try(arguments: argparse.Namespace) -> _Tried:
    """Run all, or nothing if anything is wrong with any suite."""
    suites, errors = read_suites(arguments.paths)
    prepared = []
    shape = Shape(own_schema())
    for suite in suites:
        try:
            prepared.append(prepare(suite, shape, lambda test: _wanted(test, arguments.name)))
        except ExceptionGroup as group:
            errors += _unusable(group)
    if not (errors or any(each.tests for each in prepared)):
        errors.append(UnusableError(f"no test has {arguments.name!r} in its name"))
    runs = [] if errors else [(each.suite, each.results()) for each in prepared if each.tests]
    return _Tried(runs, errors)


def _wanted(test: SuiteTest, name: str) -> bool:
    return name.casefold() in test.name.casefold()


def _unusable(group: ExceptionGroup[Exception]) -> Iterator[UnusableError]:
    for error in group.exceptions:
        if not isinstance(error, UnusableError):
            raise error
        yield error


def _show(runs: Sequence[Run], arguments: argparse.Namespace) -> None:
    write(
        arguments.output,
        {
            "text": lambda: as_text(runs, terminal(arguments), verbose=arguments.verbose),
            "json": lambda: as_json(runs),
            "junit": lambda: as_junit(runs),
        },
    )
