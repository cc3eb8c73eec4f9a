"""All CAs of the webhook. Pure; `now` is a time in UTC.

There are two or more at any time, whose lives are staggered, and all of them are trusted. Which one
signs follows from the certificates alone, so that replicas need not agree on it: the newest that
everybody has had the time to learn of.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from approver.ops.flags import LONGEST_LIFE
from approver.webhook.authority import RENEWED_AT, Authority

T = TypeVar("T")

_FEWEST: Final = 2
_MOST: Final = 8
_LONGEST_LIFE: Final = LONGEST_LIFE + timedelta(seconds=1)  # for times are rounded
_LAST_YEAR: Final = 9999


@dataclass(frozen=True)
class Authorities:
    """All CAs that are trusted, the oldest first."""

    all: tuple[Authority, ...] = ()

    @classmethod
    def read(cls, certificates: bytes, keys: bytes) -> Self:
        """Read CAs of ours from PEM, the keys in any order; others, or half of one, are left out.

        So are those of a life that cannot be set: who could once write them would be for ever.
        """
        found = {_public(key): key for key in _each(keys, _load_key)}

        def load(pem: bytes) -> Authority:
            certificate = x509.load_pem_x509_certificate(pem)
            authority = Authority.read(certificate, found[_public(certificate)])
            if authority.made_at.year >= _LAST_YEAR or authority.life > _LONGEST_LIFE:
                raise ValueError("its times are not ours")
            return authority

        return cls._of(_each(certificates, load))

    @property
    def certificates(self) -> bytes:
        """Their certificates, in PEM: what is to be trusted."""
        return b"".join(each.certificate_pem for each in self.all)

    @property
    def keys(self) -> bytes:
        """Their keys, in PEM."""
        return b"".join(each.key_pem for each in self.all)

    def with_those_of(self, other: Self) -> Self:
        """Return the CAs of both."""
        return self._of((*self.all, *other.all))

    def lasting(self, now: datetime) -> Self:
        """Return those that are not over, the newest if there are many: first what is valid."""
        left = [each for each in self.all if now < each.ends_at]
        left.sort(key=lambda each: (each.is_valid(now), *_age(each)))
        return self._of(left[-_MOST:])

    def with_new(self, now: datetime, life: timedelta) -> Self:
        """Return them with what has to be made by now; the first of all ends early."""
        authorities = self
        while authorities._is_due(now):
            first = not authorities._valid(now)
            made = Authority.make(now, life * RENEWED_AT if first else life)
            authorities = authorities._of((*authorities.all, made))
        return authorities

    def signer(self, now: datetime, trusted: Container[bytes] = ()) -> Authority | None:
        """Return the one that signs, None if none is valid.

        It is one of those whose fingerprints are known to be `trusted`, if there is one.
        """
        valid = self._valid(now)
        valid = [each for each in valid if each.fingerprint in trusted] or valid
        learnt = [each for each in valid if each.is_learnt(now)]
        if learnt:
            return max(learnt, key=_age)
        return min(valid, key=_age, default=None)

    def _valid(self, now: datetime) -> Sequence[Authority]:
        return [each for each in self.all if each.is_valid(now)]

    def _is_due(self, now: datetime) -> bool:
        valid = self._valid(now)
        if len(valid) < _FEWEST:
            return True
        return now >= max(valid, key=_age).due_at

    @classmethod
    def _of(cls, authorities: Iterable[Authority]) -> Self:
        each_once = {each.fingerprint: each for each in authorities}
        return cls(tuple(sorted(each_once.values(), key=_age)))


def fingerprints(certificates: bytes) -> frozenset[bytes]:
    """Return what tells the certificates in PEM from others."""
    found = _each(certificates, x509.load_pem_x509_certificate)
    return frozenset(each.fingerprint(hashes.SHA256()) for each in found)


def _age(authority: Authority) -> tuple[datetime, datetime, bytes]:
    return authority.made_at, authority.ends_at, authority.fingerprint


def _each(pem: bytes, load: Callable[[bytes], T]) -> list[T]:
    """Return what can be read of PEM's blocks."""
    found = []
    for block in pem.split(b"-----BEGIN ")[1:]:
        try:
            found.append(load(b"-----BEGIN " + block))
        except Exception:  # noqa: BLE001, S112 - the library's errors have no base of their own
            continue
    return found


def _load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("not a key of ours")
    return key


def _public(owner: x509.Certificate | ec.EllipticCurvePrivateKey) -> bytes:
    return owner.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
