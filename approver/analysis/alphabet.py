"""What texts can be at all: the characters of a kind of value, or its whole form."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

_NICE: Final = "xabcdefghijklmnopqrstuvwyz0123456789-"


class Alphabet:
    """Any text, the empty one included.

    An automaton, of which this one has a single state. `step` returns None where no text goes on.
    """

    start: object = ""

    def symbols(self, characters: Collection[str], other: str) -> Sequence[str]:
        """Return what to try, nicer ones first: the `characters` that occur, and `other`."""
        usable = (each for each in characters if self._usable(each))
        return [other, *sorted(usable, key=lambda each: (not each.isalnum(), each))]

    def other(self, characters: Collection[str]) -> str:
        """Return a character that is none of these."""
        plain = (chr(number) for number in range(0x21, 0x7F))
        return str(next(each for each in [*_NICE, *plain] if each not in characters))

    def step(self, state: object, symbol: str) -> object | None:
        """Return the state after a symbol."""
        del symbol
        return state

    def accepts(self, state: object) -> bool:
        """Tell whether a text may end in a state."""
        del state
        return True

    def has(self, text: str) -> bool:
        """Tell whether it is a text of these."""
        state: object | None = self.start
        for character in text:
            if not self._usable(character) or (state := self.step(state, character)) is None:
                return False
        return self.accepts(state)

    def _usable(self, character: str) -> bool:
        return character != "\0"


class Some(Alphabet):
    """Any text but the empty one. The state is whether there is a character."""

    start: object = False

    def step(self, state: object, symbol: str) -> object | None:
        """Have one."""
        del state, symbol
        return True

    def accepts(self, state: object) -> bool:
        """End once there is one."""
        return state is True


class Visible(Some):
    """Texts of the characters from 0x21 to 0x7E, at least one: DNS names, email addresses, URIs."""

    def _usable(self, character: str) -> bool:
        return "!" <= character <= "~"


class Words(Alphabet):
    """Some texts, and no others."""

    def __init__(self, words: Collection[str]) -> None:
        self.words = tuple(words)
        self._begins = {word[:end] for word in words for end in range(len(word) + 1)}

    def symbols(self, characters: Collection[str], other: str) -> Sequence[str]:
        """Return all characters of its words: each of them may lead on."""
        del characters, other
        return sorted({character for word in self.words for character in word})

    def step(self, state: object, symbol: str) -> object | None:
        """Go on if a word does."""
        text = f"{state}{symbol}"
        return text if text in self._begins else None

    def accepts(self, state: object) -> bool:
        """End where a word does."""
        return state in self.words


class Addresses(Alphabet):
    """IP addresses as RFC 5952 writes them, which is how they are compared.

    A few texts more, which write zeros in another way, so that nothing is missing; an example is
    tried out anyhow. A state is a part of an address, or of what it is like so far.
    """

    def __init__(self) -> None:
        self.start = _Fourth(0, "")

    def symbols(self, characters: Collection[str], other: str) -> Sequence[str]:
        """Return the characters of addresses."""
        del characters, other
        return "0123456789abcdef.:"

    def step(self, state: object, symbol: str) -> object | None:
        """Go on as an IPv4 address, or as IPv6 after its first letter, colon or long group."""
        if isinstance(state, _Sixth):
            return _step_v6(state, symbol)
        if not isinstance(state, _Fourth):
            return None
        dots, group = state
        if following := _step_v4(dots, group, symbol):
            return following
        return _step_v6(_Sixth(0, group, ""), symbol) if dots == 0 else None

    def accepts(self, state: object) -> bool:
        """End after four numbers, or after eight groups, some of which `::` stands for."""
        if isinstance(state, _Sixth):
            if state.double:
                return state.group != "" or state.colons == "::"
            return state.groups == _GROUPS - 1 and state.group != ""
        return isinstance(state, _Fourth) and state.dots == _DOTS and state.group != ""


class _Fourth(NamedTuple):
    """The dots in an IPv4 address, and the number that is begun; it may become an IPv6 address."""

    dots: int
    group: str


class _Sixth(NamedTuple):
    """The complete groups of an IPv6 address, the one that is begun, and the colons before it."""

    groups: int
    group: str
    colons: str
    double: bool = False


_DOTS: Final = 3
_GROUPS: Final = 8
_DIGITS: Final = 4


def _step_v4(dots: int, group: str, symbol: str) -> object | None:
    if symbol == ".":
        return _Fourth(dots + 1, "") if group and dots < _DOTS else None
    number = group + symbol
    if not number.isdecimal() or int(number) > 255 or (len(number) > 1 and number[0] == "0"):  # noqa: PLR2004 - a byte
        return None
    return _Fourth(dots, number)


def _step_v6(place: _Sixth, symbol: str) -> object | None:
    if symbol == ".":
        return None
    if symbol != ":":
        group = place.group + symbol
        alone = place.colons == ":" and place.groups == 0 and not place.group
        if alone or len(group) > _DIGITS or (len(group) > 1 and group[0] == "0"):
            return None
        return place._replace(group=group)
    if place.group:
        most = _GROUPS - 2 if place.double else _GROUPS - 1
        groups = place.groups + 1
        return place._replace(groups=groups, group="", colons=":") if groups <= most else None
    if place.colons == ":" and not place.double:
        return place._replace(colons="::", double=True) if place.groups < _GROUPS - 1 else None
    return place._replace(colons=":") if not place.colons else None


ANY_TEXT: Final = Alphabet()
SOME_TEXT: Final = Some()
VISIBLE: Final = Visible()
ADDRESSES: Final = Addresses()
