"""What a request asks for, as policies see it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from approver.model import Request
from approver.x509 import CertificationRequest


@dataclass(frozen=True)
class Asked:
    """A request beside its CSR, as read. `duration` is in nanoseconds, None if not set."""

    request: Request
    csr: CertificationRequest
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
class Values:
    """Where in a request a check finds what it judges.

    `of` returns the values, `keys` what names each of them in the path of a violation, such as
    `[1]` or `[2.5.4.42]`; it is None where the name of the field does.
    """

    of: Callable[[Asked], Sequence[Any]]
    keys: Callable[[Asked], Sequence[str]] | None = None

    @classmethod
    def single(cls, value: Callable[[Asked], Any]) -> "Values":
        """Return the one value that every request has there."""
        return cls(lambda asked: (value(asked),))

    @classmethod
    def named(cls, pairs: Callable[[Asked], Iterable[tuple[str, Any]]]) -> "Values":
        """Return those of pairs of a name and a value."""
        return cls(
            lambda asked: [value for _, value in pairs(asked)],
            lambda asked: [f"[{name}]" for name, _ in pairs(asked)],
        )

    def keyed(self, asked: Asked) -> Iterable[tuple[str, Any]]:
        """Return each value behind its key, "" if it needs none; what is repeated, once."""
        values = self.of(asked)
        keys = self.keys(asked) if self.keys else [""] * len(values)
        return dict.fromkeys(zip(keys, values, strict=True))
