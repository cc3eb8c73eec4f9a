"""What an operator can set of a running approver."""

from dataclasses import dataclass
from pathlib import Path

from approver.review import Enforcement


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses are `host:port`, an empty host meaning all; port 0 takes a free one."""

    kubeconfig: Path | None
    context: str | None
    metrics_bind_address: str
    readiness_probe_bind_address: str
    leader_election_namespace: str | None
    workers: int
    enforcement: Enforcement
    shadow: bool  # review beside another approver, and write nothing
