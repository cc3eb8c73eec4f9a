"""What is likely says what to ask first: no decision depends on it, be it right or wrong."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from approver import Decision, Policy, review
from approver.review import Access, Catalogue, NeedBindings, Review, Selection
from tests.examples import policy, request

WEB = request("DNS:www.example.com", username="alice")
NAMES = ("a", "b", "c", "d", "e")
MANNERS: dict[str, dict[str, Any]] = {
    "approves": {"allowedDNSNames": ["*.example.com"]},
    "denies": {"allowedDNSNames": ["*.example.org"]},
    "is not ready": {"allowedDNSNames": ["*.example.com"], "plugins": {"x": {}}},
    "is for others": {"allowedDNSNames": ["*"], "selector": {"namespace": {"matchNames": ["x"]}}},
    "audits": {"allowedDNSNames": ["*.example.org"], "mode": "Audit"},
    "names alice": {
        "allowedDNSNames": ["*.example.org"],
        "selector": {"requester": {"usernames": ["alice"]}},
    },
}
JUDGES = {
    (name, manner): policy(name, **spec) for name in NAMES for manner, spec in MANNERS.items()
}

some_names = st.frozensets(st.sampled_from(NAMES))


def decide(policies: list[Policy], bound: frozenset[str], likely: frozenset[str]) -> Decision:
    """Review as the controller does, and ask late about what is left; `bound` is the truth."""
    known: dict[str, bool] = {}
    while True:
        selection = Selection.of(Catalogue(policies), WEB, {})
        case = Review(selection, WEB, {}, Access(known, likely))
        outcome = case.decide()
        while isinstance(outcome, NeedBindings):
            case.learn_bindings({name: name in bound for name in outcome.names}, anew=outcome.anew)
            outcome = case.decide()
        assert isinstance(outcome, Decision)
        if not outcome.unasked:
            return outcome
        known |= {name: name in bound for name in [min(outcome.unasked)]}


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(
    manners=st.lists(st.sampled_from(list(MANNERS)), min_size=1, max_size=len(NAMES)),
    bound=some_names,
    likely=some_names,
)
def test_no_decision_depends_on_it(
    manners: list[str], bound: frozenset[str], likely: frozenset[str]
) -> None:
    policies = [
        JUDGES[name, manner] for name, manner in zip(NAMES[: len(manners)], manners, strict=True)
    ]
    truth = review(policies, WEB, bound=bound)
    decision = decide(policies, bound, likely)
    assert decision.verdict == truth.verdict
    if decision.policy is not None:
        assert truth.policies[decision.policy].bound
        assert truth.policies[decision.policy].verdict == "approved"


def test_with_right_hints_the_decision_is_the_same_word_for_word() -> None:
    policies = [JUDGES["a", "denies"], JUDGES["b", "denies"], JUDGES["c", "is not ready"]]
    bound = frozenset({"b"})
    decision, truth = decide(policies, bound, likely=bound), review(policies, WEB, bound=bound)
    assert decision.message == truth.message


def test_a_policy_that_most_likely_is_not_bound_is_not_asked_about() -> None:
    policies = [JUDGES["a", "approves"], JUDGES["b", "denies"], JUDGES["c", "approves"]]
    selection = Selection.of(Catalogue(policies), WEB, {})
    case = Review(selection, WEB, {}, Access({}, frozenset({"c"})))
    assert case.decide() == NeedBindings(("c",))


def test_without_a_likely_one_it_is_unmatched_for_now() -> None:
    policies = [JUDGES["a", "denies"], JUDGES["b", "approves"]]
    selection = Selection.of(Catalogue(policies), WEB, {})
    decision = Review(selection, WEB, {}, Access({}, frozenset())).decide()
    assert isinstance(decision, Decision)
    assert (decision.verdict, decision.unasked) == ("unmatched", frozenset("ab"))


def test_before_a_denial_what_might_approve_is_asked_about_anew() -> None:
    policies = [JUDGES["a", "denies"], JUDGES["b", "approves"], JUDGES["c", "is not ready"]]
    selection = Selection.of(Catalogue(policies), WEB, {})
    case = Review(selection, WEB, {}, Access({"a": True, "b": False}, frozenset({"a"})))
    assert case.decide() == NeedBindings(("b",), anew=True)
    case.learn_bindings({"b": False}, anew=True)
    assert case.decide() == NeedBindings(("c",))
