"""Print the JSON schema of policies, or of their tests, by which editors complete and check.

Say where it is in the first line of a file: # yaml-language-server: $schema=./policy.schema.json
"""

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from approver.cli.flags import FlagParser
from approver.cli.no_settings import NoSettings
from approver.cli.status import GOOD
from approver.manifests.schema import editor_schema
from approver.manifests.suite_schema import SCHEMA

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

Settings = NoSettings
EXAMPLES = (
    ("policy > policy.schema.json", "for an editor"),
    ("test > approver-test.schema.json", "the same for suites of tests"),
)
_SCHEMAS: Final[Mapping[str, Callable[[], Mapping[str, Any]]]] = {
    "policy": editor_schema,
    "test": lambda: SCHEMA,
}


def add_arguments(parser: FlagParser) -> None:
    """Declare of what it is."""
    parser.add_argument("of", choices=sorted(_SCHEMAS), metavar=" or ".join(sorted(_SCHEMAS)))


def run(arguments: argparse.Namespace, _: Settings) -> int:
    """Print it; return the exit status."""
    print(json.dumps(_SCHEMAS[arguments.of](), indent=2, ensure_ascii=False))
    return GOOD
