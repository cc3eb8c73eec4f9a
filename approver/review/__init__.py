"""Many policies and one request make a decision."""

from approver.review.enforcement import Enforcement
from approver.review.review import Ask, AskRules, Review, review
from approver.review.selection import Selection, by_name

__all__ = ["Ask", "AskRules", "Enforcement", "Review", "Selection", "by_name", "review"]
