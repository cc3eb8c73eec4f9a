"""Which cluster a command looks at, and as whom."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from approver.cli.flags import FlagParser
from approver.ops.flags import flag, repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichCluster:
    """Flags for which cluster is looked at, as kubectl has them."""

    kubeconfig: Path | None = flag(
        "kubeconfig file, by default $KUBECONFIG or your own", None, Path
    )
    context: str | None = flag("context of the kubeconfig, by default its current one")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings(WhichCluster):
    """And for where in it, and who we are there."""

    namespace: str | None = flag("namespace, by default that of the context")
    user: str | None = flag("act as this user", name="--as")
    groups: tuple[str, ...] = repeated("and in this group", name="--as-group")


def add_namespace(parser: FlagParser) -> None:
    """Declare `-n`, which people know from kubectl, for --namespace."""
    parser.add_argument(
        "-n", dest="namespace", metavar="NAMESPACE", default=argparse.SUPPRESS, help="--namespace"
    )
