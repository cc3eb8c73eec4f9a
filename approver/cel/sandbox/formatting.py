"""`format`, as version 5 of cel-go's strings extension does it."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cel_expr_python import cel  # type: ignore[import-untyped]  # it has no py.typed

from approver.cel.sandbox.budget import BUDGET
from approver.cel.sandbox.conversions import shortest

_CLAUSE = re.compile(r"%(?:(?P<percent>%)|(?:\.(?P<precision>[0-9]+))?(?P<verb>[sdfexXbo]))")
_DEFAULT_PRECISION: Final = 6
_MAX_PRECISION: Final = 100
_TYPE_NAMES: Final[Mapping[str, str]] = {
    "NULL": "null_type",
    "TIMESTAMP": "google.protobuf.Timestamp",
    "DURATION": "google.protobuf.Duration",
    **{
        name: name.lower()
        for name in ("BOOL", "INT", "UINT", "DOUBLE", "STRING", "BYTES", "LIST", "MAP", "TYPE")
    },
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A place to fill: how to write the value, with how many digits behind the point."""

    verb: str
    precision: int


def parse(template: str) -> list[str | Clause]:
    """Return the text and the clauses of a format string; raise ValueError."""
    parts: list[str | Clause] = []
    end = 0
    for found in _CLAUSE.finditer(template):
        parts += [_plain(template[end : found.start()]), _part(found)]
        end = found.end()
    return [*parts, _plain(template[end:])]


def format_text(template: str, values: list[object]) -> str:
    """Fill the clauses of a format string; more values than clauses are fine."""
    rest = iter(values)
    parts = [part if isinstance(part, str) else _filled(part, rest) for part in parse(template)]
    return BUDGET.give("".join(parts))


def _plain(text: str) -> str:
    if "%" in text:
        raise ValueError("a clause that there is not")
    return text


def _part(found: re.Match[str]) -> str | Clause:
    if found["percent"]:
        return "%"
    precision = int(found["precision"] or _DEFAULT_PRECISION)
    if precision > _MAX_PRECISION:
        raise ValueError(f"a precision over {_MAX_PRECISION}")
    return Clause(found["verb"], precision)


def _filled(clause: Clause, values: Iterator[object]) -> str:
    nothing = object()
    value = next(values, nothing)
    if value is nothing:
        raise ValueError("too few values")
    text = _WRITERS[clause.verb](value, clause)
    BUDGET.spend(len(text))
    return text


def _string(value: object, _: Clause) -> str:
    return _text(value)


def _decimal(value: object, _: Clause) -> str:
    return _text(_number(value))


def _real(value: object, clause: Clause) -> str:
    number = float(_number(value))
    if not math.isfinite(number):
        return _text(number)
    return format(number, f".{clause.precision}{clause.verb}")


def _hexadecimal(value: object, clause: Clause) -> str:
    match value:
        case str():
            text = value.encode().hex()
        case bytearray():
            text = value.hex()
        case _:
            text = format(_integer(value), "x")
    return text.upper() if clause.verb == "X" else text


def _octal(value: object, _: Clause) -> str:
    return format(_integer(value), "o")


def _binary(value: object, _: Clause) -> str:
    return format(int(value) if isinstance(value, bool) else _integer(value), "b")


_WRITERS: Final[Mapping[str, Callable[[object, Clause], str]]] = {
    "s": _string,
    "d": _decimal,
    "f": _real,
    "e": _real,
    "x": _hexadecimal,
    "X": _hexadecimal,
    "o": _octal,
    "b": _binary,
}


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not an integer")
    return value


def _text(value: object) -> str:
    """Return what %s writes."""
    match value:
        case None:
            text = "null"
        case bool():
            text = "true" if value else "false"
        case str() | int():
            text = str(value)
        case float() if math.isfinite(value):
            text = shortest(value)
        case float():
            text = {"nan": "NaN", "inf": "Infinity"}.get(str(value), "-Infinity")
        case bytearray():
            text = value.decode()
        case list():
            text = f"[{', '.join(map(_text, value))}]"
        case dict():
            entries = sorted((_text(key), _text(item)) for key, item in value.items())
            text = "{" + ", ".join(f"{key}: {item}" for key, item in entries) + "}"
        case cel.Type():
            name = value.name().partition("<")[0]
            text = _TYPE_NAMES.get(name, name)
        case _:  # times among them: they have lost their nanoseconds on the way
            raise TypeError("not a value that can be written")
    return text
