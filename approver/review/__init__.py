"""Many policies and one request make a decision."""

from approver.review.enforcement import Enforcement
from approver.review.review import Ask, AskRules, Review, review
from approver.review.selection import Catalogue, Selection

__all__ = ["Ask", "AskRules", "Catalogue", "Enforcement", "Review", "Selection", "review"]
