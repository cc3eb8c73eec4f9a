"""What cel-go decides about 564 rules, in approver-policy's environment."""

from approver.rules import Activation
from tests.cel.evaluation import outcome
from tests.vectors import ADDED_RULES, load


def test_the_outcome_is_that_of_cel_go() -> None:
    disagreements = {
        case["rule"]: (case["outcome"], here)
        for case in load("cel")
        if case["rule"] not in ADDED_RULES
        and (here := outcome(case["rule"], case["self"], Activation(**case["cr"])))
        != case["outcome"]
    }
    assert not disagreements
