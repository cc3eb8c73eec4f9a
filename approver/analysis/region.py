"""A set of requests: what each part of them can be, independently of the others."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

from approver.analysis import parts
from approver.analysis.domains import Domain, Text
from approver.analysis.parts import PARTS

_KEPT_ANSWERS: Final = 100_000
_TELLING: Final = (parts.NAMESPACE, parts.ISSUER_NAME, parts.ISSUER_KIND, parts.USERNAME)


@lru_cache(_KEPT_ANSWERS)
def _share(mine: Domain, theirs: Domain) -> bool:
    if isinstance(mine, Text) and isinstance(theirs, Text):
        surely_not = not mine.language.may_meet(theirs.language)
    else:
        surely_not = False
    return not surely_not and mine.meet(theirs).example() is not None


@dataclass(frozen=True, eq=False)
class Region:
    """The requests whose every part is in its domain; a part that is not named can be anything."""

    domains: Mapping[str, Domain]

    def meet(self, other: "Region") -> "Region":
        """Return the requests of both."""
        met = dict(self.domains)
        for part, domain in other.domains.items():
            met[part] = met[part].meet(domain) if part in met else domain
        return Region(met)

    def minus(self, other: "Region") -> Iterator["Region"]:
        """Yield regions that hold, between them, what is in this one and not in the other.

        They have nothing in common, and none of them is empty. Raise `UndecidedError`.
        """
        inside = dict(self.domains)
        for part, domain in other.domains.items():
            mine = inside.get(part, PARTS[part])
            for outside in mine.minus(domain):
                if outside.example() is not None:
                    yield Region({**inside, part: outside})
            inside[part] = mine.meet(domain)
            if inside[part].example() is None:
                return

    def overlaps(self, other: "Region") -> bool:
        """Tell whether both have a request in common, neither being empty."""
        shared = self.domains.keys() & other.domains.keys()
        telling = (part for part in _TELLING if part in shared)
        return all(
            _share(self.domains[part], other.domains[part])
            for part in (*telling, *shared.difference(_TELLING))
        )

    @cached_property
    def empty_part(self) -> str | None:
        """The first part that can be nothing at all, None if there are such requests."""
        return next(
            (part for part, domain in self.domains.items() if domain.example() is None), None
        )

    def has(self, request: Mapping[str, Any]) -> bool:
        """Tell whether a request, by its parts, is in it."""
        return all(domain.has(request[part]) for part, domain in self.domains.items())

    def example(self) -> dict[str, Any] | None:
        """Return the parts of a request, those that can be anything left out; None if empty."""
        found = {part: domain.example() for part, domain in self.domains.items()}
        if None in found.values():
            return None
        return {part: value[0] for part, value in found.items() if value is not None}


class Regions:
    """Many regions, none of them empty: which have a request in common with another one.

    Most have the same few domains for a part, and a domain is looked at once for all of them.
    """

    def __init__(self, regions: Iterable[Region]) -> None:
        self._all = 0
        self._parts: dict[str, dict[Domain, int]] = {part: {} for part in _TELLING}
        for index, region in enumerate(regions):
            bit = 1 << index
            self._all |= bit
            for part, domain in region.domains.items():
                domains = self._parts.setdefault(part, {})
                domains[domain] = domains.get(domain, 0) | bit

    def overlapping(self, region: Region) -> list[int]:
        """Return the places of those that overlap with a region that is not empty."""
        left = self._all
        for part, domains in self._parts.items():
            mine = region.domains.get(part)
            for domain, those in domains.items() if mine is not None else ():
                if those & left and not _share(mine, domain):
                    left &= ~those
        return [place for place in range(left.bit_length()) if left >> place & 1]
