"""The types of what rules can name, and how a request becomes their values."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from approver.rules.activation import Variable, variables

Fields = Mapping[str, Any]  # of approver.rules.Activation, named as in rules


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the rules of one scope can name: `variable`, of type `root`, and `self` if `has_self`.

    Rules are checked against `declared` and run on `stored`, both as `protobuf.load` reads them.
    The two differ where a field cannot be read of every request: `stored` has it as a list, empty
    if it cannot, and `lists` says under which name.
    """

    package: str
    variable: str
    root: str
    declared: str
    stored: str
    values: Callable[[Fields], Fields]
    lists: Mapping[str, str]
    has_self: bool


SERVICE_ACCOUNT: Final = "ServiceAccount"
_SERVICE_ACCOUNT = """
ServiceAccount
    namespace string 1
    name string 2
"""
LIBRARY_MESSAGES: Final[Mapping[str, str]] = {  # package -> messages, stored in either scope
    "net": """
IP
    text string 1
CIDR
    text string 1
""",
    "kubernetes": """
URL
    text string 1
""",
}
_REQUEST: Final = tuple(variables())
_OF_VALUE_RULES: Final = tuple(each for each in _REQUEST if each.says.of_value_rules)
_NANOSECONDS: Final = 1_000_000_000


def _message(name: str, fields: Iterable[tuple[str, str]]) -> str:
    lines = (f"    {field} {kind} {number}\n" for number, (field, kind) in enumerate(fields, 1))
    return f"{name}\n{''.join(lines)}"


def _nested(fields: Iterable[Variable]) -> str:
    return "".join(dict.fromkeys(_messages(fields)))  # each once, though two fields may be of it


def _messages(fields: Iterable[Variable]) -> Iterator[str]:
    for field in fields:
        if field.fields:
            yield _message(field.type, [(each.name, each.type) for each in field.fields])
            yield from _messages(field.fields)


def _stored(field: Variable) -> Iterator[tuple[str, str]]:
    if not field.says.read_as:
        yield field.name, field.type
        return
    yield field.name, f"[{field.type}]"
    if field.type == "string":
        yield _readable(field.name), "[string]"


def _readable(name: str) -> str:
    """Return where a text is read from, which is "" if the request has none."""
    return f"readable{name[0].upper()}{name[1:]}"


def _request_values(request: Fields) -> Fields:
    values = dict(request)
    for field in _REQUEST:
        found = values[field.name]
        if field.says.read_as == "string":
            values[_readable(field.name)] = (found or [""]) if len(found) <= 1 else []
        elif field.says.read_as:
            values[field.name] = [] if found is None else [_duration(found)]
    return values


def _duration(nanoseconds: int) -> Fields:
    seconds, nanos = divmod(abs(nanoseconds), _NANOSECONDS)
    sign = -1 if nanoseconds < 0 else 1
    return {"seconds": sign * seconds, "nanos": sign * nanos}


def _of_value_rules(request: Fields) -> Fields:
    return {field.name: request[field.name] for field in _OF_VALUE_RULES}


_CERTIFICATE_REQUEST = _message(
    "CertificateRequest", [(field.name, field.type) for field in _OF_VALUE_RULES]
)
VOCABULARIES: Final[Mapping[str, Vocabulary]] = {
    "value": Vocabulary(
        package="cm.io.policy.pkg.internal.approver.validation",  # approver-policy's: rules name it
        variable="cr",
        root="CertificateRequest",
        declared=_CERTIFICATE_REQUEST,
        stored=_CERTIFICATE_REQUEST + _SERVICE_ACCOUNT,
        values=_of_value_rules,
        lists={},
        has_self=True,
    ),
    "request": Vocabulary(
        package="policyapprover",
        variable="request",
        root="Request",
        declared=_message("Request", [(field.name, field.type) for field in _REQUEST])
        + _nested(_REQUEST),
        stored=_message("Request", [each for field in _REQUEST for each in _stored(field)])
        + _nested(_REQUEST)
        + _SERVICE_ACCOUNT,
        values=_request_values,
        lists={
            field.name: _readable(field.name) if field.type == "string" else field.name
            for field in _REQUEST
            if field.says.read_as
        },
        has_self=False,
    ),
}
