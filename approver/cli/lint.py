"""Find what policies permit or deny that their authors did not mean.

FILES are manifests, folders of them, or - for standard input. Roles and bindings among them are
looked at, too; other objects are passed over. A finding that says "more is permitted" comes with a
request that was really approved. Findings of severity info are shown with --strict.

An annotation lint.policy.cert-manager.io/ID on an object silences a rule there; its value is the
reason, which is required. The file .approver.yaml silences rules in a whole repository:
lint: {ignore: [ID], per-file: {"legacy/*.yaml": [ID]}}.

Exit status: 0 nothing found, 1 something, 2 input that is unusable, 3 no answer.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from approver.cli.explained import explained, listed
from approver.cli.findings import (
    Located,
    as_github,
    as_gitlab,
    as_json,
    as_junit,
    as_sarif,
    as_text,
)
from approver.cli.fixing import differences, fix_files
from approver.cli.flags import FlagParser
from approver.cli.lint_config import LintConfig
from approver.cli.linted import Linted, read
from approver.cli.live_manifests import ClusterError, LiveSettings
from approver.cli.output import add_output, one_path, say, tell_errors, terminal, write
from approver.cli.status import GOOD, NO, UNKNOWN, UNUSABLE
from approver.lint import LintRule, Severity, rule_named
from approver.manifests.files import UnusableError
from approver.ops.flags import flag, one_of, repeated, switch

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

EXAMPLES = (
    ("policies", "all findings that fail"),
    ("--strict policies", "and hints"),
    ("--cluster", "the policies of a cluster, with its roles and bindings"),
    ("-o sarif=lint.sarif policies", "for GitHub's code scanning, beside the text"),
    ("--diff policies", "what --fix would change"),
    ("--explain CRP402", "what a rule finds, and why"),
    ("--list", "all rules"),
)
_FORMATS: Final = ("text", "json", "sarif", "github", "gitlab", "junit")


def _rule_id(text: str) -> str:
    found = rule_named(text)
    if not found:
        raise ValueError(f"there is no rule {text}: see --list")
    return found.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(LiveSettings):
    """Which findings count."""

    select: tuple[str, ...] = repeated("only this rule, by id or name", _rule_id)
    ignore: tuple[str, ...] = repeated("not this rule, by id or name", _rule_id)
    strict: bool = switch("show findings of severity info, too")
    fail_on: str = flag(
        "the least severity of a finding that makes the exit status 1",
        "warning",
        one_of("error", "warning", "info"),
    )
    exit_zero: bool = switch("findings do not change the exit status")

    def wants(self, rule: LintRule) -> bool:
        """Tell whether a rule's findings are shown."""
        severe = not rule.strict or self.strict or self.fail_on == "info"
        chosen = rule.id in self.select if self.select else severe
        return chosen and rule.id not in self.ignore


def add_arguments(parser: FlagParser) -> None:
    """Declare what is to be looked at, and what to do with what is found."""
    parser.add_argument("files", nargs="*", type=one_path, metavar="FILES")
    add_output(parser, *_FORMATS)
    parser.add_argument("--fix", action="store_true", help="mend what is safe to mend, in place")
    parser.add_argument(
        "--unsafe", action="store_true", help="with --fix or --diff: also what changes the meaning"
    )
    parser.add_argument("--diff", action="store_true", help="show what --fix would change")
    parser.add_argument("--explain", metavar="ID", help="say what a rule finds, and why")
    parser.add_argument("--list", action="store_true", help="list all rules")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Look at everything that can be read; return the exit status."""
    if arguments.list or arguments.explain:
        return _tell_of_rules(arguments)
    if not (arguments.files or settings.cluster):
        return _refuse("name files or folders, - for standard input, or --cluster")
    try:
        config = LintConfig.read()
        texts = settings.texts(approvals=True)
    except ClusterError as error:
        tell_errors("lint", [error])
        return UNKNOWN
    except UnusableError as error:
        return _refuse(str(error))
    if arguments.fix:
        for note in fix_files(arguments.files, settings.wants, unsafe=arguments.unsafe):
            say(note)
    linted = read(arguments.files, settings.wants, texts)
    kept = [each for each in linted.found if not config.silences(each.rule, each.path)]
    linted = replace(linted, found=kept)
    if arguments.diff:
        print(differences(linted, unsafe=arguments.unsafe), end="")
    elif linted.policies or linted.found:
        _show(linted, arguments)
    return _status(linted, settings)


def _tell_of_rules(arguments: argparse.Namespace) -> int:
    if arguments.list:
        print(listed())
        return GOOD
    rule = rule_named(arguments.explain)
    if not rule:
        return _refuse(f"there is no rule {arguments.explain}: see --list")
    print(explained(rule, terminal(arguments)))
    return GOOD


def _refuse(text: str) -> int:
    tell_errors("lint", [text])
    return UNUSABLE


def _show(linted: Linted, arguments: argparse.Namespace) -> None:
    found, number = linted.found, linted.policies
    write(
        arguments.output,
        {
            "text": lambda: as_text(found, number, terminal(arguments)),
            "json": lambda: as_json(found, number),
            "sarif": lambda: as_sarif(found, _version()),
            "github": lambda: as_github(found),
            "gitlab": lambda: as_gitlab(found),
            "junit": lambda: as_junit(found, linted.files),
        },
    )


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - takes 50 ms

    return version("policy-approver")


def _status(linted: Linted, settings: Settings) -> int:
    if linted.passed_over:
        say(f"{linted.passed_over} other objects or files were passed over.")
    nothing = () if linted.policies or linted.found or linted.errors else (_NOTHING,)
    if tell_errors("lint", (*linted.errors, *nothing)):
        return UNUSABLE
    return NO if any(_failing(linted.found, settings)) else GOOD


def _failing(found: Sequence[Located], settings: Settings) -> Iterator[Located]:
    least = Severity[settings.fail_on.upper()]
    for each in () if settings.exit_zero else found:
        if each.rule.severity >= least or each.rule.id in settings.select:
            yield each


_NOTHING: Final = "no CertificateRequestPolicy in the files"
