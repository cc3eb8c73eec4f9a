"""The port to a rule engine: what a rule is, what it can be asked, and who answers."""

from approver.rules.activation import (
    Activation,
    IssuerRef,
    Key,
    NameConstraints,
    Subject,
    Subtrees,
)
from approver.rules.engine import DEFAULT_ENGINE, AsyncRuleEngine, RuleEngine, RuleEngineError
from approver.rules.rule import Answer, CelRule, Flaw, Question, Scope

__all__ = [
    "DEFAULT_ENGINE",
    "Activation",
    "Answer",
    "AsyncRuleEngine",
    "CelRule",
    "Flaw",
    "IssuerRef",
    "Key",
    "NameConstraints",
    "Question",
    "RuleEngine",
    "RuleEngineError",
    "Scope",
    "Subject",
    "Subtrees",
]
