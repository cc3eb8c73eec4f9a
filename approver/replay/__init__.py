"""What other policies would say of requests that there are: pure, one request at a time."""

from approver.replay.history import History
from approver.replay.report import Change, Group, Report
from approver.replay.side import Outcome, Side

__all__ = ["Change", "Group", "History", "Outcome", "Report", "Side"]
