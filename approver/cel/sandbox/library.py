"""The functions that rules have beside the standard ones, declared by their signatures."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Self, TypeAlias

from cel_expr_python import cel  # type: ignore[import-untyped]  # it has no py.typed

from approver.cel.sandbox import strings
from approver.cel.sandbox.accounts import ServiceAccount, ServiceAccounts
from approver.cel.sandbox.addresses import CIDR, IP, Addresses
from approver.cel.sandbox.conversions import FILTERS
from approver.cel.sandbox.formatting import format_text
from approver.cel.sandbox.functions import Functions
from approver.cel.sandbox.protobuf import MessageClass
from approver.cel.sandbox.urls import URL, Urls

_Type: TypeAlias = Any  # these are the engine's, whose types are not to be had
_Declaration: TypeAlias = Any
_Types: TypeAlias = Mapping[Any, _Type]

_TYPES: Final[_Types] = {
    str: cel.Type.STRING,
    int: cel.Type.INT,
    bool: cel.Type.BOOL,
    list[str]: cel.Type.List(cel.Type.STRING),
    list[object]: cel.Type.List(cel.Type.DYN),
    dict[str, list[str]]: cel.Type.Map(cel.Type.STRING, cel.Type.List(cel.Type.STRING)),
}
# The engine lets nobody add to a function that it has. So the checker is told of string() anew.
WITHOUT_STRING: Final = "stdlib: {exclude_functions: [{name: string}]}"
_STANDARD_STRING: Final = {
    "bool_to_string": cel.Type.BOOL,
    "bytes_to_string": cel.Type.BYTES,
    "double_to_string": cel.Type.DOUBLE,
    "duration_to_string": cel.Type.DURATION,
    "int64_to_string": cel.Type.INT,
    "string_to_string": cel.Type.STRING,
    "timestamp_to_string": cel.Type.TIMESTAMP,
    "uint64_to_string": cel.Type.UINT,
}


_NETWORK_STRING: Final = {"@ip_to_string": IP, "@cidr_to_string": CIDR}


@dataclass(frozen=True, slots=True)
class Library:
    """What rules call, by name."""

    functions: Functions
    methods: Functions

    @classmethod
    def over(cls, classes: Mapping[Any, MessageClass]) -> Self:
        """Make the library over values of some types, which to the engine are messages.

        A type is a protocol. What it is to the engine, checker and runtime see differently.
        """
        accounts = ServiceAccounts(classes[ServiceAccount])
        addresses = Addresses(classes[IP], classes[CIDR])
        urls = Urls(classes[URL])
        return cls(
            functions={
                "strings.quote": [strings.quote],
                "serviceAccount": [accounts.of],
                "isServiceAccount": [accounts.is_one],
                **addresses.functions(),
                **urls.functions(),
            },
            methods={
                **strings.METHODS,
                "format": [format_text],
                "getName": [accounts.name],
                "getNamespace": [accounts.namespace],
                **addresses.methods(),
                **urls.methods(),
            },
        )

    def checked(self, types: _Types) -> list[_Declaration]:
        """Declare what rules may call."""
        string = {
            **_STANDARD_STRING,
            **{name: types[taken] for name, taken in _NETWORK_STRING.items()},
        }
        overloads = [
            cel.Overload(name, return_type=cel.Type.STRING, parameters=[taken], is_member=False)
            for name, taken in string.items()
        ]
        return [*self._declarations(types), cel.FunctionDecl("string", overloads)]

    def run(self, types: _Types) -> list[_Declaration]:
        """Declare what is called when they run, after they were rewritten."""
        return [*self._declarations(types), *_filters()]

    def _declarations(self, types: _Types) -> Iterator[_Declaration]:
        types = {**_TYPES, **types}
        for name in dict.fromkeys(chain(self.functions, self.methods)):
            functions = self.functions.get(name, ())
            methods = self.methods.get(name, ())
            yield cel.FunctionDecl(
                name,
                [
                    *chain.from_iterable(_overloads(each, types) for each in functions),
                    *chain.from_iterable(_overloads(each, types, member=True) for each in methods),
                ],
            )


def _overloads(
    implementation: Callable[..., object], types: _Types, *, member: bool = False
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
        kinds = {kind: getattr(cel.Type, kind) for kind in functions}
        yield cel.FunctionDecl(
            name,
            [
                cel.Overload(
                    f"{name}_{kind}",
                    return_type=kinds[kind],
                    parameters=[kinds[kind]],
                    is_member=False,
                    impl=function,
                )
                for kind, function in functions.items()
            ],
        )
