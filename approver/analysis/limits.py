"""What the rules of a policy permit at the most, read off their text.

Two things cannot be said by regions: how parts of a request hang together, and what is beyond the
part of CEL that is read here. There nothing is taken away, and the answer is not exact.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from approver.analysis import parts
from approver.analysis.alphabet import SOME_TEXT
from approver.analysis.cel_syntax import (
    Call,
    Constant,
    Expression,
    ForEach,
    Listed,
    Name,
    parse,
)
from approver.analysis.cel_texts import Known, held, is_exact, language, languages
from approver.analysis.domains import NONE, Members, Span, Text, Texts
from approver.analysis.language import EVERYTHING, Language
from approver.analysis.parts import PARTS
from approver.analysis.region import Region
from approver.model import parse_duration
from approver.model.subject import SUBJECT_ATTRIBUTES
from approver.policy import Policy
from approver.policy.check import RuleCheck
from approver.policy.part import Values

_MOST: Final = 64
_LISTS: Final[Mapping[str, str]] = {
    "request.dnsNames": parts.DNS,
    "request.ipAddresses": parts.IPS,
    "request.uris": parts.URIS,
    "request.emailAddresses": parts.EMAILS,
    **{
        f"request.subject.{each.name}": f"allowed.subject.{each.name}"
        for each in SUBJECT_ATTRIBUTES
        if not each.single
    },
}
TEXTS: Final[Mapping[str, str]] = {
    **{f"{of}.namespace": parts.NAMESPACE for of in ("cr", "request")},
    **{f"{of}.username": parts.USERNAME for of in ("cr", "request")},
    "request.issuerRef.name": parts.ISSUER_NAME,
    "request.issuerRef.kind": parts.ISSUER_KIND,
    "request.issuerRef.group": parts.ISSUER_GROUP,
}
"""The variables that are one text, and their parts."""
_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_SWAPPED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Limits:
    """Regions that hold, between them, all that rules permit; nothing else, if it is `exact`."""

    regions: list[Region]
    exact: bool


def limits(policy: Policy, known: Known) -> Limits:
    """Return what the rules of a policy permit, where some variables are known."""
    found, exact = [Region({})], True
    for check in policy.rule_checks:
        reader = _Reader(known)
        found = reader.both(found, reader.check(check))
        exact = exact and reader.exact
    return Limits(found, exact)


def variables(policy: Policy) -> frozenset[str]:
    """Return the variables of one text that its rules name."""
    return frozenset(
        name
        for check in policy.rule_checks
        for name in _names(parse(check.rule.text))
        if name in TEXTS
    )


def _names(expression: Expression) -> Iterator[str]:
    match expression:
        case Name(path):
            yield path
        case Call(_, inner) | Listed(inner):
            for each in inner:
                yield from _names(each)
        case ForEach(_, items, _, condition):
            yield from _names(items)
            yield from _names(condition)


@dataclass
class _Reader:
    """Reads one rule. Whatever is not known exactly is noted, once, in `exact`."""

    known: Known
    exact: bool = field(default=True)

    def check(self, check: RuleCheck) -> list[Region]:
        """Return where a rule holds."""
        expression = parse(check.rule.text)
        if check.rule.scope == "request":
            return self.where(expression, truth=True)
        part = check.values.part
        whole = PARTS.get(part.field) if part else None
        plain = part and part.oid is None and part.but is None and part.values is Values.EACH
        if not (part and plain and isinstance(whole, Texts)):
            return self.unknown()
        return [self.all(part.field, expression, "self", truth=True)]

    def unknown(self) -> list[Region]:
        """Take nothing away."""
        self.exact = False
        return [Region({})]

    def both(self, one: list[Region], other: list[Region]) -> list[Region]:
        """Return where both hold."""
        met = [a.meet(b) for a in one for b in other]
        return met if len(met) <= _MOST else self.unknown()

    def where(  # noqa: PLR0911 - one for each form
        self, expression: Expression, *, truth: bool
    ) -> list[Region]:
        """Return regions that hold, between them, all requests of which it is true, or false."""
        match expression:
            case Constant(bool() as value):
                return [Region({})] if value == truth else []
            case Call("!", [inner]):
                return self.where(inner, truth=not truth)
            case Call("!=", [first, second]):
                return self.where(Call("==", (first, second)), truth=not truth)
            case Call("&&" | "||" as sign, [first, second]):
                one, other = (self.where(each, truth=truth) for each in (first, second))
                return [*one, *other] if (sign == "||") == truth else self.both(one, other)
            case ForEach(macro, Name(path), variable, inner) if path in _LISTS:
                if (macro == "all") == truth:
                    return [self.all(_LISTS[path], inner, variable, truth=truth)]
                return self.some(_LISTS[path], inner, variable, truth=truth)
        return self.of_a_list(expression, truth=truth) or self.of_one_value(expression, truth=truth)

    def all(self, part: str, inner: Expression, variable: str, *, truth: bool) -> Region:
        """Return where it is true, or false, of each text of a list."""
        each, exact = language(inner, variable, self.known, truth=truth)
        self.exact = self.exact and exact
        return _texts(part, each)

    def some(self, part: str, inner: Expression, variable: str, *, truth: bool) -> list[Region]:
        """Return where it is true, or false, of a text of a list."""
        self.exact = self.exact and is_exact(inner, variable, self.known)
        found = languages(inner, variable, self.known, truth=truth, most=True)
        return [_texts(part, EVERYTHING, each) for each in found]

    def of_a_list(self, expression: Expression, *, truth: bool) -> list[Region]:
        """Read whether a list has a text, or anything; return nothing for what is else."""
        match expression:
            case Call("in", [Constant(str()) as text, Name(path)]) if path in _LISTS:
                condition = Call("==", (Name("it"), text))
                if truth:
                    return self.some(_LISTS[path], condition, "it", truth=True)
                return [self.all(_LISTS[path], condition, "it", truth=False)]
            case Call(sign, [Call("size", [Name(path)]), Constant(int() as bound)]) if (
                path in _LISTS and sign in _COMPARED
            ):
                holds = [_COMPARED[sign](size, bound) == truth for size in range(bound + 3)]
                empty, more = holds[0], holds[1:]
                self.exact = self.exact and len(set(more)) == 1
                return [
                    *([_texts(_LISTS[path], NONE)] if empty else []),
                    *([_texts(_LISTS[path], EVERYTHING, EVERYTHING)] if any(more) else []),
                ]
        return []

    def of_one_value(  # noqa: PLR0911 - one for each form
        self, expression: Expression, *, truth: bool
    ) -> list[Region]:
        """Read what is about one text, the CA, the key or the duration."""
        for variable, part in TEXTS.items():
            if about := held(expression, variable, self.known):
                self.exact = self.exact and about.exact
                found = about.languages(truth=truth, most=True)
                return [Region({part: Text(SOME_TEXT, each)}) for each in found]
        match expression:
            case Name("request.isCA"):
                return [Region({parts.IS_CA: Members(frozenset({truth}))})]
            case Call("==", [Name("request.isCA"), Constant(bool() as value)]):
                return [Region({parts.IS_CA: Members(frozenset({value == truth}))})]
            case Call("==", [Name("request.commonName"), Constant("")]):
                self.exact = self.exact and truth  # of several, it is an error
                some = () if truth else (EVERYTHING,)
                return [_texts(parts.COMMON_NAME, NONE if truth else EVERYTHING, *some)]
            case Call("has", [Name("request.duration")]):
                return [Region({parts.DURATION: Span(unset=False) if truth else Span(1, 0)})]
            case Call(sign, [Constant() as first, Name() as second]) if sign in _SWAPPED:
                return self.of_one_value(Call(_SWAPPED[sign], (second, first)), truth=truth)
            case Call(sign, [Name(name), other]) if sign in _COMPARED:
                return self.compared(name, sign, other, truth=truth)
        return self.unknown()

    def compared(self, name: str, sign: str, other: Expression, *, truth: bool) -> list[Region]:
        """Read a comparison of the key or the duration."""
        match name, other:
            case "request.key.algorithm", Constant(str() as value):
                return _keys(0, sign, value, truth=truth)
            case "request.key.size", Constant(int() as value):
                return _keys(1, sign, value, truth=truth)
            case "request.duration", Call("duration", [Constant(str() as text)]):
                try:
                    bound = parse_duration(text)
                except ValueError:
                    return self.unknown()
                return [Region({parts.DURATION: each}) for each in _spans(sign, bound, truth=truth)]
        return self.unknown()


def _texts(part: str, each: Language, *some: Language) -> Region:
    whole = PARTS[part]
    assert isinstance(whole, Texts)  # noqa: S101 - as the table of lists has it
    return Region({part: Texts(whole.alphabet, each, some)})


def _keys(index: int, sign: str, value: object, *, truth: bool) -> list[Region]:
    keys = (key for key in parts.KEYS if _COMPARED[sign](key[index], value) == truth)
    return [Region({parts.KEY: Members(frozenset(keys))})]


def _spans(sign: str, bound: int, *, truth: bool) -> list[Span]:
    """Return the durations that compare so; of what is not set, nothing is true or false."""
    below, above = (0, bound - 1), (bound + 1, inf)
    found: dict[str, list[tuple[float, float]]] = {
        "==": [(bound, bound)],
        "!=": [below, above],
        "<": [below],
        "<=": [(0, bound)],
        ">": [above],
        ">=": [(bound, inf)],
    }
    opposite = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
    chosen = found[sign if truth else opposite[sign]]
    return [Span(least, most, unset=False) for least, most in chosen]
