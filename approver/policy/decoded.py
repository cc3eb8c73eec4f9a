"""What a request asks for, as policies see it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from approver.model import Request
from approver.x509 import SigningRequest


@dataclass(frozen=True)
class DecodedRequest:
    """A request beside its CSR, as read. `duration` is in nanoseconds, None if not set."""

    request: Request
    csr: SigningRequest
    duration: int | None

    def texts(self, oid: str) -> Sequence[str]:
        """Return the values of a subject attribute, in order, those that are strings."""
        return self._subject.get(oid, ())

    @cached_property
    def _subject(self) -> Mapping[str, Sequence[str]]:
        texts = defaultdict[str, list[str]](list)
        for attribute in self.csr.subject:
            if attribute.value is not None:
                texts[attribute.oid].append(attribute.value)
        return texts


@dataclass(frozen=True, slots=True)
class Accessor:
    """Where in a request a check finds what it judges.

    `of` returns the values, `keys` what names each of them in the path of a violation, such as
    `[1]` or `[2.5.4.42]`; it is None where the name of the field does.
    """

    of: Callable[[DecodedRequest], Sequence[Any]]
    keys: Callable[[DecodedRequest], Sequence[str]] | None = None

    @classmethod
    def single(cls, value: Callable[[DecodedRequest], Any]) -> "Accessor":
        """Return the one value that every request has there."""
        return cls(lambda decoded: (value(decoded),))

    @classmethod
    def named(cls, pairs: Callable[[DecodedRequest], Iterable[tuple[str, Any]]]) -> "Accessor":
        """Return those of pairs of a name and a value."""
        return cls(
            lambda decoded: [value for _, value in pairs(decoded)],
            lambda decoded: [f"[{name}]" for name, _ in pairs(decoded)],
        )

    def keyed(self, decoded: DecodedRequest) -> Iterable[tuple[str, Any]]:
        """Return each value behind its key, "" if it needs none; what is repeated, once."""
        values = self.of(decoded)
        keys = self.keys(decoded) if self.keys else [""] * len(values)
        return dict.fromkeys(zip(keys, values, strict=True))
