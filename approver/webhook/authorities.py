"""The CAs of the webhook, and the certificates that they sign. Pure; `now` is a time in UTC.

There are two or more at any time, whose lives are staggered, and all of them are trusted. Which one
signs follows from the certificates alone, so that replicas need not agree on it: the newest that
everybody has had the time to learn of.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from typing import Final, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

T = TypeVar("T")

BACKDATED: Final = timedelta(hours=1)  # since clocks differ
_LEARNT_BY: Final = timedelta(days=1)  # what takes minutes, if all goes well
_LEARNING_SHARE: Final = 1 / 10  # of a short life
_RENEWED_AT: Final = 2 / 3  # of a life
_FEWEST: Final = 2
_COMMON_NAME: Final = "policy-approver-webhook"
_CA_NAME: Final = f"{_COMMON_NAME}-ca"
_LONGEST_LIFE: Final = timedelta(days=3651)  # of a CA: what can be set, and what it is backdated
_LAST_YEAR: Final = 9999


@dataclass(frozen=True)
class Authority:
    """A CA: its certificate, which tells it from others, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(compare=False)

    @classmethod
    def make(cls, now: datetime, life: timedelta) -> Self:
        """Make a new one, which is valid for a time from now on."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, _CA_NAME),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, f"{now:%Y%m%d%H%M%S%f}"),
            ]
        )
        builder = _builder(name, name, key.public_key(), key, (now, now + life), is_ca=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return _made_at(self.certificate)

    @property
    def ends_at(self) -> datetime:
        """Until when it is valid."""
        return self.certificate.not_valid_after_utc

    @cached_property
    def fingerprint(self) -> bytes:
        """What tells it from others."""
        return self.certificate.fingerprint(hashes.SHA256())

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it is valid at this time."""
        return self.certificate.not_valid_before_utc <= now < self.ends_at

    def is_learnt(self, now: datetime) -> bool:
        """Tell whether it is trusted by whoever has to trust it."""
        age, life = now - self.made_at, self.ends_at - self.made_at
        return age >= min(_LEARNT_BY, life * _LEARNING_SHARE)

    def issue(self, names: Sequence[str], now: datetime, life: timedelta) -> "Leaf":
        """Sign a certificate for a server with a new key; it ends with the CA at the latest.

        `names` are DNS names and IP addresses.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _COMMON_NAME)])
        end = min(now + life, self.ends_at)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        certificate = (
            _builder(
                subject,
                self.certificate.subject,
                key.public_key(),
                self.key,
                (now, end),
                is_ca=False,
            )
            .add_extension(usage, critical=False)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        return Leaf(certificate, key, self.fingerprint)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate of a server, its key, and by which CA it is."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    signer: bytes

    @property
    def pem(self) -> bytes:
        """The certificate and the key, in PEM."""
        return _certificate_pem(self.certificate) + _key_pem(self.key)

    def is_due(self, now: datetime) -> bool:
        """Tell whether it is time for another, by the clock of the wall, which may have jumped."""
        start = self.certificate.not_valid_before_utc
        return not start <= now < _due_at(self.certificate)


@dataclass(frozen=True)
class Authorities:
    """All CAs that are trusted, the oldest first."""

    all: tuple[Authority, ...] = ()

    @classmethod
    def read(cls, certificates: bytes, keys: bytes) -> Self:
        """Read CAs from PEM, the keys in any order; what has no counterpart is left out."""
        found = {_public(key): key for key in _each(keys, _load_key)}

        def load(pem: bytes) -> Authority:
            authority = _loaded(pem)
            return Authority(authority, found[_public(authority)])

        return cls._of(_each(certificates, load))

    @property
    def certificates(self) -> bytes:
        """Their certificates, in PEM: what is to be trusted."""
        return b"".join(_certificate_pem(each.certificate) for each in self.all)

    @property
    def keys(self) -> bytes:
        """Their keys, in PEM."""
        return b"".join(_key_pem(each.key) for each in self.all)

    def with_those_of(self, other: Self) -> Self:
        """Return the CAs of both."""
        return self._of((*self.all, *other.all))

    def lasting(self, now: datetime) -> Self:
        """Return those that are not over."""
        return self._of(each for each in self.all if now < each.ends_at)

    def with_new(self, now: datetime, life: timedelta) -> Self:
        """Return them with what has to be made by now; the first of all ends early."""
        authorities = self
        while authorities._is_due(now):
            first = not authorities._valid(now)
            made = Authority.make(now, life * _RENEWED_AT if first else life)
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
        return now >= _due_at(max(valid, key=_age).certificate)

    @classmethod
    def _of(cls, authorities: Iterable[Authority]) -> Self:
        each_once = {each.fingerprint: each for each in authorities}
        return cls(tuple(sorted(each_once.values(), key=_age)))


def fingerprints(certificates: bytes) -> frozenset[bytes]:
    """Return what tells the certificates in PEM from others."""
    found = _each(certificates, x509.load_pem_x509_certificate)
    return frozenset(each.fingerprint(hashes.SHA256()) for each in found)


def _made_at(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_before_utc + BACKDATED


def _due_at(certificate: x509.Certificate) -> datetime:
    """Return when it is time for the next one."""
    made_at = _made_at(certificate)
    return made_at + (certificate.not_valid_after_utc - made_at) * _RENEWED_AT


def _age(authority: Authority) -> tuple[datetime, datetime, bytes]:
    return authority.made_at, authority.ends_at, authority.fingerprint


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    valid: tuple[datetime, datetime],
    *,
    is_ca: bool,
) -> x509.CertificateBuilder:
    start, end = valid
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - BACKDATED)
        .not_valid_after(end)
        .add_extension(
            x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True
        )
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


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


def _loaded(pem: bytes) -> x509.Certificate:
    """Read a CA. What it raises says that it is none of ours.

    Whoever once could write where CAs are kept is not to be trusted for ever.
    """
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [each.value for each in names] != [_CA_NAME]:
        raise ValueError("another's")
    if certificate.not_valid_after_utc - certificate.not_valid_before_utc > _LONGEST_LIFE:
        raise ValueError("it would outlive ours")
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    if not constraints.value.ca:
        raise ValueError("no CA")
    if certificate.not_valid_before_utc.year >= _LAST_YEAR:
        raise ValueError("its times cannot be reckoned with")
    return certificate


def _public(owner: x509.Certificate | ec.EllipticCurvePrivateKey) -> bytes:
    return owner.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
