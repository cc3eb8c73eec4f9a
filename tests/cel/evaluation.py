"""Rules, compiled and evaluated right here, without a process of their own."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from approver.cel.sandbox.environment import Environment, evaluate
from approver.cel.sandbox.refusal import UnusableRuleError
from approver.cel.sandbox.vocabulary import VOCABULARIES
from approver.rules import Activation

BUILDER = "system:serviceaccount:team-a:builder"
ABOUT = Activation(name="my-request", namespace="team-a", username=BUILDER, groups=("developers",))


@cache
def environment(scope: str) -> Environment:
    return Environment(VOCABULARIES[scope])


def outcome(rule: str, value: str = "a.example.com", about: Activation = ABOUT) -> str:
    """Return "true", "false", "failed" or "unusable", for a rule over one value."""
    return _outcome("value", rule, {"self": value}, about)


def outcome_for_request(rule: str, about: Activation) -> str:
    """Return the same for a rule over the whole request."""
    return _outcome("request", rule, {}, about)


def _outcome(scope: str, rule: str, more: Mapping[str, str], about: Activation) -> str:
    try:
        expression = environment(scope).compile(rule)
    except UnusableRuleError:
        return "unusable"
    plain: dict[str, Any] = msgspec.to_builtins(about)
    verdict = evaluate(expression, {**environment(scope).variables(plain), **more})
    return {True: "true", False: "false", None: "failed"}[verdict]
