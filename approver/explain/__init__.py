"""Why a request is decided as it is, or not at all: from facts to a cause, and what to do."""

from approver.explain.causes import CAUSES, Cause, Row
from approver.explain.diagnosis import Diagnosis, diagnose
from approver.explain.facts import Facts
from approver.explain.remedies import Remedy

__all__ = ["CAUSES", "Cause", "Diagnosis", "Facts", "Remedy", "Row", "diagnose"]
