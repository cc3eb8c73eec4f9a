"""The controller: watches a cluster and decides its requests."""

from approver.service import run

__all__ = ["run"]
