"""Rules, compiled and evaluated right here, without a process of their own."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from approver.cel.sandbox.environment import Environment, Expression, evaluate
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


def outcomes_for_request(rules: Iterable[str], about: Activation) -> list[str]:
    """Return the same for many rules over one request, which can be used and are asked again."""
    variables = _variables("request", about)
    return [_said(_compiled("request", rule), variables) for rule in rules]


def _outcome(scope: str, rule: str, more: Mapping[str, str], about: Activation) -> str:
    try:
        expression = environment(scope).compile(rule).expression
    except UnusableRuleError:
        return "unusable"
    return _said(expression, {**_variables(scope, about), **more})


def _said(expression: Expression, variables: Mapping[str, Any]) -> str:
    return {True: "true", False: "false", None: "failed"}[evaluate(expression, variables)]


@cache
def _compiled(scope: str, rule: str) -> Expression:
    return environment(scope).compile(rule).expression


def _variables(scope: str, about: Activation) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(about)
    return environment(scope).variables(plain)
