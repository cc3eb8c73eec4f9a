"""Many policies and one request make a decision."""

from approver.review.review import Ask, AskRules, Review, review

__all__ = ["Ask", "AskRules", "Review", "review"]
