"""Many policies and one request make a decision."""

from approver.review.enforcement import Enforcement
from approver.review.evaluation import NeedAnswers
from approver.review.review import Access, NeedBindings, NeedTurn, Review, review
from approver.review.selection import Catalogue, Selection

__all__ = [
    "Access",
    "Catalogue",
    "Enforcement",
    "NeedAnswers",
    "NeedBindings",
    "NeedTurn",
    "Review",
    "Selection",
    "review",
]
