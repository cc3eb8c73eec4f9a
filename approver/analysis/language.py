"""Sets of texts: what some patterns match and others do not, with a shortest example of each.

All the patterns of a question run side by side as automata whose states are bits of a number. The
alphabet is the characters that occur in them, and one that stands for all others. So an answer is
exact, and the first example that is found is a shortest one.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Final

from approver.analysis.alphabet import Alphabet
from approver.policy.wildcard import Wildcard

STAR: Final = "\1"
"""In a pattern, the character `*` itself, which no policy can name."""
_OTHER: Final = "\0other"  # stands for every character that no pattern has
_MOST_STATES: Final = 50_000
_KEPT_ANSWERS: Final = 20_000


_State = tuple[tuple[int, ...], object]  # of each machine, and of the alphabet


class UndecidedError(Exception):
    """The question is too large to be answered exactly."""


@dataclass(frozen=True)
class Patterns:
    """What one of some patterns matches; `*` is any run of characters."""

    texts: tuple[str, ...]

    @cached_property
    def _steps(self) -> tuple[int, int, int, dict[str, int]]:
        """Return as bits the states to begin in, those of a `*`, the ends, and who goes on."""
        bit = start = stay = ends = 0
        steps: dict[str, int] = {}
        for text in self.texts:
            start |= 1 << bit
            for character in text:
                if character == "*":
                    stay |= 1 << bit
                else:
                    read = "*" if character == STAR else character
                    steps[read] = steps.get(read, 0) | 1 << bit
                bit += 1
            ends |= 1 << bit
            bit += 1
        return start, stay, ends, steps

    @property
    def characters(self) -> Iterable[str]:
        """The characters that it tells apart."""
        return self._steps[3].keys()

    @property
    def start(self) -> int:
        """The state before the first character."""
        return self._closed(self._steps[0])

    def step(self, state: int, character: str) -> int:
        """Return the state after a character; 0: no pattern matches any more."""
        _, stay, _, steps = self._steps
        return self._closed(state & stay | (state & steps.get(character, 0)) << 1)

    def accepts(self, state: int) -> bool:
        """Tell whether a pattern matches what led to a state."""
        return bool(state & self._steps[2])

    def _closed(self, state: int) -> int:
        """Add the states behind each `*`, which may stand for nothing."""
        going_on = self._steps[1]
        while (more := state | (state & going_on) << 1) != state:
            state = more
        return state

    def match(self, text: str) -> bool:
        """Tell whether one of them matches a text."""
        state = self.start
        for character in text:
            state = self.step(state, character)
        return self.accepts(state)

    def may_meet(self, other: "Patterns") -> bool:
        """Tell, by fixed beginnings and ends alone, whether a text may match both."""
        return any(_may_meet(one, another) for one in self.texts for another in other.texts)


NOTHING: Final = Patterns(())
ANYTHING: Final = Patterns(("*",))


@dataclass(frozen=True)
class Language:
    """The texts that something in each of `within` matches, and nothing in any of `without`."""

    within: tuple[Patterns, ...] = ()
    without: tuple[Patterns, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Languages are what most answers are remembered by."""
        return hash((self.within, self.without))

    def meet(self, other: "Language") -> "Language":
        """Return the texts of both."""
        return Language(_once(self.within + other.within), _once(self.without + other.without))

    def opposites(self) -> Iterator["Language"]:
        """Yield languages that hold, between them, all texts but these."""
        for patterns in self.within:
            yield Language(without=(patterns,))
        for patterns in self.without:
            yield Language(within=(patterns,))

    def has(self, text: str) -> bool:
        """Tell whether it holds a text."""
        return all(each.match(text) for each in self.within) and not any(
            each.match(text) for each in self.without
        )

    def example(self, alphabet: Alphabet) -> str | None:
        """Return one of its shortest texts, None if there is none. Raise `UndecidedError`."""
        return _example(self, alphabet)

    def may_meet(self, other: "Language") -> bool:
        """Tell, by fixed beginnings and ends alone, whether both may have a text in common."""
        return all(mine.may_meet(theirs) for mine in self.within for theirs in other.within)


EVERYTHING: Final = Language()


def of(*texts: str) -> Language:
    """Return what some patterns match."""
    return Language((Patterns(texts),))


def _once(patterns: tuple[Patterns, ...]) -> tuple[Patterns, ...]:
    return tuple(dict.fromkeys(patterns))


@lru_cache(_KEPT_ANSWERS)
def _example(language: Language, alphabet: Alphabet) -> str | None:
    wanted = language.within or (ANYTHING,)
    if _is_covered(wanted, language.without):
        return None
    few = next((each for each in wanted if not any("*" in text for text in each.texts)), None)
    if few is not None:
        texts = sorted((text.replace(STAR, "*") for text in few.texts), key=len)
        return next((text for text in texts if language.has(text) and alphabet.has(text)), None)
    if not all(a.may_meet(b) for a, b in combinations(wanted, 2)):
        return None
    machines = (*wanted, *language.without)
    return _search(machines, len(wanted), alphabet)


def _is_covered(within: Sequence[Patterns], without: Sequence[Patterns]) -> bool:
    """Tell whether patterns match whatever some others match, by the texts of these alone.

    A pattern matches all that another one does if it matches its text, in which `*` is a character
    like others: it must fall into a `*`.
    """
    covers = [Wildcard(text) for patterns in without for text in patterns.texts]
    return any(
        all(any(cover.matches(text) for cover in covers) for text in patterns.texts)
        for patterns in within
    )


def _search(machines: Sequence[Patterns], wanted: int, alphabet: Alphabet) -> str | None:
    """Return a shortest text that all of the first machines accept, and none of the others."""
    characters = {character for machine in machines for character in machine.characters}
    symbols = alphabet.symbols(characters, _OTHER)
    start = tuple(machine.start for machine in machines), alphabet.start
    came_from: dict[_State, tuple[_State, str] | None] = {start: None}
    queue = deque([start])
    if _is_good(machines, wanted, start, alphabet):
        return ""
    while queue:
        state = queue.popleft()
        for symbol in symbols:
            place = alphabet.step(state[1], symbol)
            if place is None:
                continue
            states = tuple(
                machine.step(each, symbol) for machine, each in zip(machines, state[0], strict=True)
            )
            following = states, place
            if not all(states[:wanted]) or following in came_from:
                continue
            came_from[following] = state, symbol
            if _is_good(machines, wanted, following, alphabet):
                return _spell(came_from, following, alphabet.other(characters))
            queue.append(following)
            if len(came_from) > _MOST_STATES:
                raise UndecidedError("patterns are too intricate to be compared exactly")
    return None


def _is_good(machines: Sequence[Patterns], wanted: int, state: _State, alphabet: Alphabet) -> bool:
    accepted = [machine.accepts(each) for machine, each in zip(machines, state[0], strict=True)]
    return all(accepted[:wanted]) and not any(accepted[wanted:]) and alphabet.accepts(state[1])


def _spell(
    came_from: Mapping[_State, tuple[_State, str] | None],
    state: _State,
    other: str,
) -> str:
    symbols = []
    while (step := came_from[state]) is not None:
        state, symbol = step
        symbols.append(other if symbol == _OTHER else symbol)
    return "".join(reversed(symbols))


def _may_meet(pattern: str, other: str) -> bool:
    (head, *rest), (other_head, *other_rest) = pattern.split("*"), other.split("*")
    if not rest or not other_rest:
        return Wildcard(other).matches(pattern) or Wildcard(pattern).matches(other)
    tail, other_tail = rest[-1], other_rest[-1]
    beginning = min(len(head), len(other_head))
    end = min(len(tail), len(other_tail))
    return head[:beginning] == other_head[:beginning] and (
        not end or tail[-end:] == other_tail[-end:]
    )
