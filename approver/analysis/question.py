"""What is asked of all requests: whether somebody can have such a one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from approver.analysis import language, parts
from approver.analysis.alphabet import ANY_TEXT, SOME_TEXT, VISIBLE
from approver.analysis.domains import Choices, Labels, Members, Span, Text, Texts, Values
from approver.analysis.language import EVERYTHING, STAR, Language
from approver.analysis.region import Region
from approver.model import IssuerRef, groups_of
from approver.x509 import USAGES

_LISTS: Final = {
    "dns": parts.DNS,
    "cn": parts.COMMON_NAME,
    "ip": parts.IPS,
    "uri": parts.URIS,
    "email": parts.EMAILS,
    "organization": "allowed.subject.organizations",
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A request that has all of these; what is not said may be anything.

    `host` is a name that a client would accept: as DNS name or common name, or covered by a
    wildcard above it. `dns`, `cn`, `ip`, `uri`, `email` and `organization` are values, in which `*`
    is any run of characters. `wildcard`: a DNS name that holds a `*`. `duration` is of nanoseconds,
    from and to, both inclusive; `keys` are algorithms with sizes.
    """

    host: str | None = None
    dns: str | None = None
    cn: str | None = None
    ip: str | None = None
    uri: str | None = None
    email: str | None = None
    organization: str | None = None
    wildcard: bool = False
    is_ca: bool | None = None
    usage: str | None = None
    duration: tuple[float, float] | None = None
    keys: frozenset[tuple[str, int]] | None = None
    namespace: str | None = None
    labels: tuple[tuple[str, str], ...] | None = None
    user: str | None = None
    groups: tuple[str, ...] = ()
    issuer: IssuerRef | None = None

    def regions(self) -> Sequence[Region]:
        """Return regions that hold, between them, all such requests."""
        asked = reduce(Region.meet, (*self._names(), *self._switches(), *self._who()), Region({}))
        if self.host is None:
            return [asked]
        names = _covering(self.host)
        return [asked.meet(_some(part, names)) for part in (parts.DNS, parts.COMMON_NAME)]

    def _names(self) -> Iterator[Region]:
        for name, part in _LISTS.items():
            if (text := getattr(self, name)) is not None:
                yield _some(part, language.of(text))
        if self.wildcard:
            yield _some(parts.DNS, language.of(f"*{STAR}*"))

    def _switches(self) -> Iterator[Region]:
        if self.is_ca is not None:
            yield Region({parts.IS_CA: Members(frozenset({self.is_ca}))})
        if self.usage is not None:
            demanded = frozenset({self.usage})
            yield Region({parts.ALL_USAGES: Choices(frozenset(USAGES), (demanded,), empty=False)})
        if self.duration is not None:
            yield Region({parts.DURATION: Span(*self.duration, unset=False)})
        if self.keys is not None:
            yield Region({parts.KEY: Members(self.keys)})

    def _who(self) -> Iterator[Region]:
        words = {parts.NAMESPACE: self.namespace, parts.USERNAME: self.user}
        if self.issuer is not None:
            words |= {
                parts.ISSUER_NAME: self.issuer.name,
                parts.ISSUER_KIND: self.issuer.kind,
                parts.ISSUER_GROUP: self.issuer.group,
            }
        yield Region(
            {part: Text(SOME_TEXT, language.of(text)) for part, text in words.items() if text}
        )
        if self.labels is not None:
            only = {key: Values(frozenset({value}), excluded=False) for key, value in self.labels}
            yield Region({parts.LABELS: Labels(only)})
        if self.user is not None:
            groups = language.of(*self.groups, *groups_of(self.user))
            yield Region({parts.GROUPS: Texts(ANY_TEXT, groups)})


def _some(part: str, wanted: Language) -> Region:
    whole = parts.whole_of(part)
    alphabet = whole.alphabet if isinstance(whole, Texts) else VISIBLE
    return Region({part: Texts(alphabet, EVERYTHING, (wanted,))})


def _covering(host: str) -> Language:
    """Return the names that a client accepts for a host: itself, and a wildcard for one label."""
    _, dot, rest = host.partition(".")
    return language.of(host, *([f"{STAR}.{rest}"] if dot else []))
