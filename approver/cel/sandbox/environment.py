"""The engine, made up as cel-go is in approver-policy: the types and functions that rules have."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from cel_expr_python import cel  # type: ignore[import-untyped]  # it has no py.typed

from approver.cel.sandbox import protobuf, strings
from approver.cel.sandbox.accounts import ServiceAccount, ServiceAccounts
from approver.cel.sandbox.budget import BUDGET
from approver.cel.sandbox.conversions import FILTERS
from approver.cel.sandbox.formatting import format_text
from approver.cel.sandbox.refusal import UnusableRuleError
from approver.cel.sandbox.rewriter import Rewriter
from approver.cel.sandbox.vocabulary import SERVICE_ACCOUNT, Vocabulary

LONGEST_RULE: Final = 4096  # characters
_ISSUE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_MOST_ISSUES: Final = 3

Expression: TypeAlias = Any  # these are the engine's, whose types are not to be had
_Type: TypeAlias = Any
_Declaration: TypeAlias = Any


class Environment:
    """What the rules of one scope are compiled in, and run in."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        root = f"{vocabulary.package}.{vocabulary.root}"
        account = f"{vocabulary.package}.{SERVICE_ACCOUNT}"
        declared, _ = protobuf.load(vocabulary.package, vocabulary.declared, "proto3")
        stored, self._classes = protobuf.load(vocabulary.package, vocabulary.stored, "proto3")
        accounts = ServiceAccounts(self._classes[SERVICE_ACCOUNT])
        variables = {vocabulary.variable: cel.Type(root)}
        if vocabulary.has_self:
            variables["self"] = cel.Type.STRING
        self._checker = cel.NewEnv(
            descriptor_pool=declared,
            variables=variables,
            functions=list(_library(accounts, cel.Type.AbstractType(account))),
        )
        self._runtime = cel.NewEnv(
            descriptor_pool=stored,
            variables=variables,
            functions=[*_library(accounts, cel.Type(account)), *_filters()],
        )
        opaque = {account, root} if vocabulary.lists else {account}
        self._rewriter = Rewriter(root, vocabulary.lists, frozenset(opaque))

    def compile(self, text: str) -> Expression:
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
        return self._runtime.deserialize(self._rewriter.rewrite(checked.serialize()))

    def variables(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what rules see of a request, but for `self`."""
        fields = self._vocabulary.values(request)
        return {self._vocabulary.variable: self._classes[self._vocabulary.root](**fields)}


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


def _library(accounts: ServiceAccounts, account: _Type) -> Iterator[_Declaration]:
    """Declare the functions that rules have beside the standard ones."""
    types = {
        str: cel.Type.STRING,
        int: cel.Type.INT,
        bool: cel.Type.BOOL,
        list[str]: cel.Type.List(cel.Type.STRING),
        list[object]: cel.Type.List(cel.Type.DYN),
        ServiceAccount: account,
    }
    methods: Mapping[str, Iterable[Callable[..., object]]] = {
        **strings.METHODS,
        "format": [format_text],
        "getName": [accounts.name],
        "getNamespace": [accounts.namespace],
    }
    functions: Mapping[str, Callable[..., object]] = {
        "strings.quote": strings.quote,
        "serviceAccount": accounts.of,
        "isServiceAccount": accounts.is_one,
    }
    for name, implementations in methods.items():
        overloads = [
            each for one in implementations for each in _overloads(one, types, member=True)
        ]
        yield cel.FunctionDecl(name, overloads)
    for name, implementation in functions.items():
        yield cel.FunctionDecl(name, list(_overloads(implementation, types, member=False)))


def _overloads(
    implementation: Callable[..., object], types: Mapping[Any, _Type], *, member: bool
) -> Iterator[_Declaration]:
    """Declare a function by its signature, once more for each argument that may be left out."""
    signature = inspect.signature(implementation)
    parameters = list(signature.parameters.values())
    required = sum(parameter.default is parameter.empty for parameter in parameters)
    for count in range(required, len(parameters) + 1):
        yield cel.Overload(
            f"{implementation.__qualname__}_{count}",
            return_type=types[signature.return_annotation],
            parameters=[types[parameter.annotation] for parameter in parameters[:count]],
            is_member=member,
            impl=implementation,
        )


def _filters() -> Iterator[_Declaration]:
    for name, functions in FILTERS.items():
        yield cel.FunctionDecl(
            name,
            [
                cel.Overload(
                    f"{name}_{kind}",
                    return_type=getattr(cel.Type, kind),
                    parameters=[getattr(cel.Type, kind)],
                    is_member=False,
                    impl=function,
                )
                for kind, function in functions.items()
            ],
        )


def _issues(error: str) -> str:
    """Return what the checker objects to."""
    if "recursion" in error:
        return "it is nested too deeply, more than about 30 levels"
    issues = [
        f"{what} (line {line}, column {column})" for line, column, what in _ISSUE.findall(error)
    ]
    return "; ".join(issues[:_MOST_ISSUES]) or error
