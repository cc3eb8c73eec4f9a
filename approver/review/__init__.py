"""Many policies and one request make a decision."""

from approver.review.review import Ask, Review, review

__all__ = ["Ask", "Review", "review"]
