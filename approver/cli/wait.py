"""Wait until a replica decides: until one holds the Lease, and goes on to renew it."""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from approver.cli.flags import FlagParser
from approver.cli.status import GOOD, UNKNOWN, UNUSABLE
from approver.kube.errors import ConfigurationError, KubeError, NotFoundError
from approver.kube.lease import LEASE, SHADOW_LEASE, LeaseClient, LeaseSpec
from approver.kube.session import Session
from approver.ops.flags import flag, seconds, switch

EXAMPLES: Final = (
    ("--leader-election-namespace policy-approver", "for at most a minute"),
    ("--leader-election-namespace policy-approver --timeout 3m", "for longer"),
)
_LOOK_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The flags of `approver wait`."""

    kubeconfig: Path | None = flag("kubeconfig file, outside a cluster", None, Path)
    context: str | None = flag("context of the kubeconfig, by default its current one")
    leader_election_namespace: str | None = flag(
        "namespace of the Lease, by default the pod's own or that of the kubeconfig's context"
    )
    shadow: bool = switch("wait for one that reviews with --enforcement=shadow")
    timeout: float = flag("how long to wait", "1m", seconds)


def add_arguments(_: FlagParser) -> None:
    """Declare nothing: all that can be set is a flag."""


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Wait; return 0 if a replica decides, 3 if none did in time or nobody would say."""
    try:
        holder = asyncio.run(_decider(settings))
    except ConfigurationError as error:
        print(f"approver wait: {error}", file=sys.stderr)
        return UNUSABLE
    except _NobodyError as error:
        print(f"approver wait: after {settings.timeout:g} s: {error}", file=sys.stderr)
        return UNKNOWN
    print(f"{holder} decides")
    return GOOD


class _NobodyError(Exception):
    """Why nobody is known to decide."""


async def _decider(settings: Settings) -> str:
    """Return who holds the Lease. Raise `ConfigurationError` or `_NobodyError`."""
    async with Session.open(settings.kubeconfig, settings.context) as session:
        namespace = settings.leader_election_namespace or session.namespace
        name = SHADOW_LEASE if settings.shadow else LEASE
        lease = LeaseClient(session, namespace, name)
        end = session.timing.clock() + settings.timeout
        seen: LeaseSpec | None = None
        while True:
            try:
                now = (await lease.get()).spec
            except ConfigurationError:
                raise
            except NotFoundError:
                trouble, seen = f"no replica has asked for the Lease {namespace}/{name}", None
            except KubeError as error:
                trouble, seen = str(error), None
            else:
                if seen and now.renewed_since(seen):
                    return str(now.holder_identity)
                trouble, seen = f"nobody renews the Lease {namespace}/{name}", now
            if session.timing.clock() > end:
                raise _NobodyError(trouble)
            await asyncio.sleep(_LOOK_SECONDS)
