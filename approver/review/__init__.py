"""Many policies and one request make a decision."""

from approver.review.enforcement import Enforcement
from approver.review.evaluation import AskRules
from approver.review.review import Ask, Review, review
from approver.review.selection import Catalogue, Selection

__all__ = ["Ask", "AskRules", "Catalogue", "Enforcement", "Review", "Selection", "review"]
