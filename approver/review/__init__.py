"""Many policies and one request make a decision."""

from approver.review.enforcement import Enforcement
from approver.review.review import Ask, AskRules, Review, review

__all__ = ["Ask", "AskRules", "Enforcement", "Review", "review"]
