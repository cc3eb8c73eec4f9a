"""The engine, made up as cel-go is in approver-policy: the types and functions that rules have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from cel_expr_python import cel  # type: ignore[import-untyped]  # it has no py.typed

from approver.cel.sandbox import protobuf
from approver.cel.sandbox.accounts import ServiceAccount
from approver.cel.sandbox.addresses import CIDR, IP
from approver.cel.sandbox.budget import BUDGET
from approver.cel.sandbox.expression import CheckedExpression
from approver.cel.sandbox.library import WITHOUT_STRING, Library
from approver.cel.sandbox.refusal import UnusableRuleError
from approver.cel.sandbox.rewriter import Rewriter
from approver.cel.sandbox.urls import URL
from approver.cel.sandbox.vocabulary import (
    LIBRARY_MESSAGES,
    SERVICE_ACCOUNT,
    VOCABULARIES,
    Vocabulary,
)

LONGEST_RULE: Final = 4096  # characters
_ISSUE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
# Where a message's name is from is nothing that a rule's author knows.
_PACKAGE = re.compile(
    "|".join(rf"(?<='){re.escape(each.package)}\." for each in VOCABULARIES.values())
)
_NO_ESCAPE = re.compile(r"token recognition error at: '.*(\\.)'")  # the text until there
_MOST_ISSUES: Final = 3

Expression: TypeAlias = Any  # the engine's, whose types are not to be had


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule that can be evaluated, and what in it will fail whenever it is."""

    expression: Expression
    doubts: tuple[str, ...]


class Environment:
    """What the rules of one scope are compiled in, and run in."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._root = f"{vocabulary.package}.{vocabulary.root}"
        declared, _ = protobuf.load({vocabulary.package: vocabulary.declared}, "proto3")
        stored, self._classes = protobuf.load(
            {vocabulary.package: vocabulary.stored, **LIBRARY_MESSAGES}, "proto3"
        )
        names = {
            ServiceAccount: f"{vocabulary.package}.{SERVICE_ACCOUNT}",
            IP: "net.IP",
            CIDR: "net.CIDR",
            URL: "kubernetes.URL",
        }
        library = Library.over({kind: self._classes[name] for kind, name in names.items()})
        variables = {vocabulary.variable: cel.Type(self._root)}
        if vocabulary.has_self:
            variables["self"] = cel.Type.STRING
        self._checker = cel.NewEnv(
            config=cel.NewEnvConfigFromYaml(WITHOUT_STRING),
            descriptor_pool=declared,
            variables=variables,
            functions=library.checked(
                {kind: cel.Type.AbstractType(name) for kind, name in names.items()}
            ),
        )
        self._runtime = cel.NewEnv(
            descriptor_pool=stored,
            variables=variables,
            functions=library.run({kind: cel.Type(name) for kind, name in names.items()}),
        )
        opaque = {*names.values(), self._root} if vocabulary.lists else {*names.values()}
        self._rewriter = Rewriter(self._root, vocabulary.lists, frozenset(opaque))

    def compile(self, text: str) -> Compiled:
        """Return what can be evaluated, or raise `UnusableRuleError`."""
        if len(text) > LONGEST_RULE:
            raise UnusableRuleError(f"it is longer than {LONGEST_RULE} characters")
        BUDGET.renew()  # filters see the constants in a rule already now
        try:
            checked = self._checker.compile(text)
        except RuntimeError as error:
            raise UnusableRuleError(_issues(str(error))) from error
        if checked.return_type() != cel.Type.BOOL:
            raise UnusableRuleError(f"it is no bool, but {checked.return_type().name().lower()}")
        expression = CheckedExpression(checked.serialize())
        doubts = tuple(self._rewriter.rewrite(expression))
        return Compiled(self._runtime.deserialize(expression.serialize()), doubts)

    def variables(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what rules see of a request, but for `self`."""
        fields = self._vocabulary.values(request)
        return {self._vocabulary.variable: self._classes[self._root](**fields)}


def evaluate(expression: Expression, variables: Mapping[str, Any]) -> bool | None:
    """Return what a rule says, None if it fails."""
    BUDGET.renew()
    try:
        result = expression.eval(data=variables)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the binding raises what it likes, and all of it is an error
        return None
    # An error is a value, too, and its text would count as true.
    return result.value() is True if result.type() == cel.Type.BOOL else None


def _issues(error: str) -> str:
    """Return what the checker objects to."""
    if "recursion" in error:
        return "it is nested too deeply, more than about 30 levels"
    if escape := _NO_ESCAPE.search(error):
        what = escape[1]
        cure = f"write \\{what}, or r before the quote, as in r'{what}'"
        return f"CEL has no {what} in a string: {cure}"
    issues = [
        f"{_PACKAGE.sub('', what)} (line {line}, column {column})"
        for line, column, what in _ISSUE.findall(error)
    ]
    return "; ".join(issues[:_MOST_ISSUES]) or error
