"""Exact answers about all requests: what policies permit, and what some permit and others do not.

A policy only permits, and what is permitted is a product: what each part of a request may be,
independently of the others. So a policy is a few regions, questions are regions, too, and answers
are their intersections and differences. Every "yes" comes with a request that the evaluator itself
has approved. Rules in CEL only take away: what can be read off them is a region, too, and what
cannot is asked for the example alone: where the answer is no, nothing is known.
"""

from approver.analysis.answers import Alternatives, Finding, can, gained, needless
from approver.analysis.faults import contradicted, implied, undone
from approver.analysis.language import UndecidedError
from approver.analysis.limits import Limits, limits
from approver.analysis.question import Question
from approver.analysis.reading import regions, selected
from approver.analysis.region import Region
from approver.analysis.witness import request_of

__all__ = [
    "Alternatives",
    "Finding",
    "Limits",
    "Question",
    "Region",
    "UndecidedError",
    "can",
    "contradicted",
    "gained",
    "implied",
    "limits",
    "needless",
    "regions",
    "request_of",
    "selected",
    "undone",
]
