"""What a rule in CEL says of one text: the texts of which it is true, or false.

Each is held between two languages: one has them all, the other none but them. Where both are the
same, the answer is exact.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from re import _constants as codes  # type: ignore[attr-defined]  # there are no types for it
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

from approver.analysis.cel_syntax import Call, Constant, Expression, Listed, Name
from approver.analysis.domains import NONE
from approver.analysis.language import EVERYTHING, STAR, Language, Patterns

Known = Mapping[str, str]
"""The values of variables, by their names, such as `cr.namespace`."""
_MOST: Final = 64
_NOT_FOR_PATTERNS: Final = frozenset("\0\1")
# What RE2 reads in another way than Python, or what patterns cannot say.
_OTHER_REGEX: Final = re.compile(r"\(\?|\[\[|\[:|\\[QEpPCzZAxuUN0-9]")


@dataclass(frozen=True)
class Held:
    """Patterns that match a text if something is true of it, and, if it is `exact`, only then."""

    patterns: tuple[str, ...]
    exact: bool = True

    def languages(self, *, truth: bool, most: bool) -> list[Language]:
        """Return where it is so, or not: what has `most`, or what has only what is sure."""
        patterns = (Patterns(self.patterns),)
        if truth:
            return [Language(within=patterns)] if self.exact or most else []
        return [Language(without=patterns) if self.exact or not most else EVERYTHING]


def spelled(text: Expression, known: Known) -> Held:
    """Return what a text that is put together matches; of what is not known, anything."""
    match text:
        case Constant(str() as value) if not _NOT_FOR_PATTERNS.intersection(value):
            return Held((value.replace("*", STAR),))
        case Name(path) if path in known:
            return Held((known[path].replace("*", STAR),))
        case Call("+", [first, second]):
            one, two = spelled(first, known), spelled(second, known)
            return Held((one.patterns[0] + two.patterns[0],), one.exact and two.exact)
    return Held(("*",), exact=False)


def held(expression: Expression, variable: str, known: Known) -> Held | None:
    """Return of which texts an expression is true, None if it is not about the variable alone."""
    match expression:
        case Call("==", [Name(name), other]) | Call("==", [other, Name(name)]) if name == variable:
            return spelled(other, known)
        case Call("in", [Name(name), Listed(items)]) if name == variable:
            each = [spelled(item, known) for item in items]
            texts = tuple(text for one in each for text in one.patterns)
            return Held(texts, all(one.exact for one in each))
        case Call(function, [Name(name), argument]) if name == variable:
            if function == "matches":
                return _matching(argument, known)
            ends = {"startsWith": ("", "*"), "endsWith": ("*", ""), "contains": ("*", "*")}
            if function in ends:
                before, after = ends[function]
                text = spelled(argument, known)
                return Held((f"{before}{text.patterns[0]}{after}",), text.exact)
    return None


def languages(
    expression: Expression, variable: str, known: Known, *, truth: bool, most: bool
) -> list[Language]:
    """Return languages that hold, between them, the texts of which an expression is true, or false.

    What has `most` has all of them, the other nothing but them.
    """

    def of(part: Expression, truth: bool) -> list[Language]:  # noqa: FBT001 - as it is read
        match part:
            case Constant(bool() as value):
                return [EVERYTHING] if value == truth else []
            case Call("!", [inner]):
                return of(inner, not truth)
            case Call("!=", [first, second]):
                return of(Call("==", (first, second)), not truth)
            case Call("&&" | "||" as sign, [first, second]):
                if (sign == "||") == truth:
                    return of(first, truth) + of(second, truth)
                pairs = product(of(first, truth), of(second, truth))
                met = [one.meet(other) for one, other in pairs]
                return met if len(met) <= _MOST else unknown
        about = held(part, variable, known) or _of_constants(part, known)
        return about.languages(truth=truth, most=most) if about else unknown

    unknown = [EVERYTHING] if most else []
    return of(expression, truth)


def language(
    expression: Expression, variable: str, known: Known, *, truth: bool
) -> tuple[Language, bool]:
    """Return one language that has all texts of which it is true, or false; and if it is exact.

    It is what no part of the opposite has.
    """
    found, whole = EVERYTHING, True
    for each in languages(expression, variable, known, truth=not truth, most=False):
        if not each.within and not each.without:
            return NONE, True
        if not each.within:
            union = tuple(text for patterns in each.without for text in patterns.texts)
            found = found.meet(Language(within=(Patterns(union),)))
        elif len(each.within) == 1 and not each.without:
            found = found.meet(Language(without=each.within))
        else:
            whole = False
    return found, whole and is_exact(expression, variable, known)


def is_exact(expression: Expression, variable: str, known: Known) -> bool:
    """Tell whether all of an expression can be reasoned about exactly."""
    match expression:
        case Constant(bool()):
            return True
        case Call("!", [inner]):
            return is_exact(inner, variable, known)
        case Call("!=", [first, second]):
            return is_exact(Call("==", (first, second)), variable, known)
        case Call("&&" | "||", [first, second]):
            return is_exact(first, variable, known) and is_exact(second, variable, known)
    about = held(expression, variable, known) or _of_constants(expression, known)
    return about is not None and about.exact


def _of_constants(expression: Expression, known: Known) -> Held | None:
    """Return everything or nothing, for what is about known variables alone."""
    match expression:
        case Call(_, [Name(name), *_]) if name in known:
            about = held(expression, name, known)
            if about and about.exact:
                return Held(("*",) if Patterns(about.patterns).match(known[name]) else ())
    return None


def _matching(argument: Expression, known: Known) -> Held:
    """Return patterns for a regular expression: a class, or what is repeated, is any text."""
    text = _plain(argument, known)
    if text is None or _OTHER_REGEX.search(text):
        return Held(("*",), exact=False)
    try:
        items = list(parser.parse(text))
    except (re.error, RecursionError, OverflowError):
        return Held(("*",), exact=False)
    begins = bool(items) and items[0] == (codes.AT, codes.AT_BEGINNING)
    ends = bool(items) and items[-1] == (codes.AT, codes.AT_END)
    inner = items[begins : len(items) - ends if ends else None]
    parts = [_part(*item) for item in inner]
    pattern = "".join((*([] if begins else "*"), *parts, *([] if ends else "*")))
    return Held((re.sub(r"\*+", "*", pattern),), all(part != "*" for part in parts))


def _part(code: object, value: Any) -> str:  # noqa: ANN401 - of any kind
    if code == codes.LITERAL and chr(value) not in _NOT_FOR_PATTERNS:
        return STAR if chr(value) == "*" else chr(value)
    return "*"


def _plain(argument: Expression, known: Known) -> str | None:
    match argument:
        case Constant(str() as value):
            return value
        case Name(path):
            return known.get(path)
        case Call("+", [first, second]):
            one, two = _plain(first, known), _plain(second, known)
            return None if one is None or two is None else one + two
    return None
