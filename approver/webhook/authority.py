"""A CA of the webhook, and the certificates that it signs. Pure; `now` is a time in UTC."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_BACKDATED: Final = timedelta(hours=1)  # since clocks differ
_LEARNT_BY: Final = timedelta(days=1)  # what takes minutes, if all goes well
_LEARNING_SHARE: Final = 1 / 10  # of a short life
RENEWED_AT: Final = 2 / 3  # of a life
_COMMON_NAME: Final = "policy-approver-webhook"
_CA_NAME: Final = f"{_COMMON_NAME}-ca"


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

    @classmethod
    def read(cls, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Self:
        """Return one that `make` has made. Of any other, raise whatever says what is wrong.

        Anything else might sign, and not be believed by whoever calls.
        """
        public = key.public_key()
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        found = [(each.value, each.critical) for each in certificate.extensions]
        ours = (
            isinstance(key.curve, ec.SECP256R1)
            and certificate.public_key() == public
            and [each.value for each in names] == [_CA_NAME]
            and found == _extensions(public, public, is_ca=True)
        )
        if not ours:
            raise ValueError("another's")
        certificate.verify_directly_issued_by(certificate)
        return cls(certificate, key)

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return _made_at(self.certificate)

    @property
    def life(self) -> timedelta:
        """For how long it was made."""
        return self.ends_at - self.made_at

    @property
    def ends_at(self) -> datetime:
        """Until when it is valid."""
        return self.certificate.not_valid_after_utc

    @property
    def due_at(self) -> datetime:
        """When it is time for the next one."""
        return _due_at(self.certificate)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate, in PEM."""
        return _certificate_pem(self.certificate)

    @property
    def key_pem(self) -> bytes:
        """The key, in PEM."""
        return _key_pem(self.key)

    @cached_property
    def fingerprint(self) -> bytes:
        """What tells it from others."""
        return self.certificate.fingerprint(hashes.SHA256())

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it is valid at this time."""
        return self.certificate.not_valid_before_utc <= now < self.ends_at

    def is_learnt(self, now: datetime) -> bool:
        """Tell whether it is trusted by whoever has to trust it."""
        return now - self.made_at >= min(_LEARNT_BY, self.life * _LEARNING_SHARE)

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


def _made_at(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_before_utc + _BACKDATED


def _due_at(certificate: x509.Certificate) -> datetime:
    """Return when it is time for the next one."""
    made_at = _made_at(certificate)
    return made_at + (certificate.not_valid_after_utc - made_at) * RENEWED_AT


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
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - _BACKDATED)
        .not_valid_after(end)
    )
    for extension, critical in _extensions(key, signer.public_key(), is_ca=is_ca):
        builder = builder.add_extension(extension, critical=critical)
    return builder


def _extensions(
    key: ec.EllipticCurvePublicKey, signer: ec.EllipticCurvePublicKey, *, is_ca: bool
) -> list[tuple[x509.ExtensionType, bool]]:
    """Return what all certificates have, and whether it is critical."""
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
    return [
        (x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), True),
        (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), False),
    ]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
