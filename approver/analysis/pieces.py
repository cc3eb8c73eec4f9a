"""Regions met with others, taken from each other, and narrowed by the rules of a policy."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Final

from approver.analysis.alphabet import SOME_TEXT
from approver.analysis.domains import Domain, Text
from approver.analysis.language import STAR, UndecidedError
from approver.analysis.language import of as language_of
from approver.analysis.limits import TEXTS, limits, variables
from approver.analysis.parts import PARTS
from approver.analysis.region import Region
from approver.policy import Policy

MOST_PIECES: Final = 20_000
"""How often a region may be divided."""
_MOST_TRIED: Final = 20
_WORDS: Final = re.compile(r"[/.:@]")


def met(some: Sequence[Region], others: Sequence[Region]) -> list[Region]:
    """Return what is in one of each."""
    pairs = ((one, other) for one in some for other in others)
    met = (one.meet(other) for one, other in pairs if one.overlaps(other))
    return [region for region in met if region.empty_part is None]


def outside(region: Region, others: Sequence[Region], budget: list[int]) -> Region | None:
    """Return a part of a region that is in none of the others, None if there is none."""
    near = [other for other in others if region.overlaps(other)]
    if not near:
        return region
    for piece in region.minus(near[0]):
        budget[0] -= 1
        if budget[0] < 0:
            raise UndecidedError("the policies overlap in too many ways")
        if found := outside(piece, near[1:], budget):
            return found
    return None


def let_through(policy: Policy, found: Sequence[Region]) -> Iterator[Region]:
    """Yield where to look for what a policy's rules let through; nothing if that is surely nothing.

    Rules compare names with the namespace that asks, and the like. So that is settled first, by an
    example, and then it is a constant.
    """
    if not policy.rule_checks:
        yield from found
        return
    for region in met(found, limits(policy, {}).regions):
        named = sorted({TEXTS[variable] for variable in variables(policy)})
        some = False
        for texts in islice(product(*(_candidates(region, part) for part in named)), _MOST_TRIED):
            settled = dict(zip(named, texts, strict=True))
            fixed = Region({part: _one(text) for part, text in settled.items()})
            known = {name: settled[part] for name, part in TEXTS.items() if part in settled}
            sharper = met(met([region], [fixed]), limits(policy, known).regions)
            yield from sharper
            some = some or bool(sharper)
        if not some and not all(_is_settled(region, part) for part in named):
            yield region  # others might do


def _candidates(region: Region, part: str) -> Sequence[str]:
    """Return what a part may be: the usual, or a word of the names that are asked for."""
    domain = _domain(region, part)
    example = region.example() or {}
    texts = [text for value in example.values() if isinstance(value, list) for text in value]
    words = [word for text in texts for word in (text, *_WORDS.split(text))]
    usual = domain.example()
    found = dict.fromkeys((*(usual or ()), *filter(domain.has, words)))
    return [word for word in found if word]


def _is_settled(region: Region, part: str) -> bool:
    """Tell whether a part can be one text only."""
    domain = _domain(region, part)
    usual = domain.example()
    return usual is None or all(rest.example() is None for rest in domain.minus(_one(usual[0])))


def _domain(region: Region, part: str) -> Domain:
    return region.domains.get(part, PARTS[part])


def _one(text: str) -> Text:
    return Text(SOME_TEXT, language_of(text.replace("*", STAR)))
