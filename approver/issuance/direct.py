"""A request that somebody makes by hand, described in a few words: for tests and witnesses.

Nothing of it has to pass cert-manager's validation of Certificates. The same words make the same
bytes each time: keys are fixed, and there is neither a clock nor chance.
"""

import base64
import re
from collections.abc import Mapping
from typing import Final, get_args

import msgspec

from approver.issuance.certificate import (
    CertificateSpec,
    NameConstraints,
    NameRanges,
    OtherName,
    PrivateKey,
    Subject,
)
from approver.issuance.csr import signing_request
from approver.issuance.keys import CURVES, Algorithm
from approver.issuance.request import CERT_MANAGER
from approver.model import InvalidObjectError, IssuerRef, Request, RequestSpec, groups_of
from approver.model.request import RequestMeta

Strings = tuple[str, ...]


class DirectRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is asked for, by short names. `csr` is PEM, and takes the place of what is in one.

    `key` is like `RSA-2048`, `ECDSA-256` or `Ed25519`, `issuer` like `ClusterIssuer/internal-ca`.
    Without `username`, cert-manager asks. `permitted` and `excluded` constrain the names of a CA.
    """

    dns: Strings = ()
    ips: Strings = ()
    uris: Strings = ()
    emails: Strings = ()
    other_names: tuple[tuple[str, str], ...] = ()
    cn: str = ""
    o: Strings = ()
    ou: Strings = ()
    c: Strings = ()
    l: Strings = ()  # noqa: E741 - X.500's own name
    st: Strings = ()
    street: Strings = ()
    postal_code: Strings = ()
    serial: str = ""
    usages: Strings = ()
    duration: str | None = None
    key: str = "ECDSA-256"
    ca: bool = False
    issuer: str = "Issuer/ca"
    namespace: str = "default"
    username: str = ""
    groups: Strings = ()
    name: str = "request"
    annotations: Mapping[str, str] = {}
    permitted: NameRanges | None = None
    excluded: NameRanges | None = None
    csr: str = ""
    extensions: Strings = ()

    def request(self) -> Request:
        """Make the request; raise `InvalidObjectError` for what cannot be put into one."""
        pem = self.csr.encode() if self.csr else self._signing_request()
        username = self.username or CERT_MANAGER.username
        spec = RequestSpec(
            request=base64.b64encode(pem).decode(),
            issuer_ref=self._issuer(),
            duration=self.duration,
            is_ca=self.ca,
            usages=self.usages,
            username=username,
            groups=tuple(dict.fromkeys((*self.groups, *groups_of(username)))),
        )
        metadata = RequestMeta(
            name=self.name, namespace=self.namespace, annotations=dict(self.annotations)
        )
        return Request(metadata, spec)

    def _signing_request(self) -> bytes:
        try:
            return signing_request(self._spec(), self.extensions)
        except InvalidObjectError:
            raise
        except ValueError as error:
            raise InvalidObjectError("", str(error)) from error

    def _spec(self) -> CertificateSpec:
        return CertificateSpec(
            secret_name="",
            issuer_ref=self._issuer(),
            common_name=self.cn,
            subject=Subject(
                organizations=self.o,
                organizationalUnits=self.ou,
                countries=self.c,
                localities=self.l,
                provinces=self.st,
                streetAddresses=self.street,
                postalCodes=self.postal_code,
                serialNumber=self.serial,
            ),
            dns_names=self.dns,
            ip_addresses=self.ips,
            uris=self.uris,
            email_addresses=self.emails,
            other_names=tuple(OtherName(oid, value) for oid, value in self.other_names),
            usages=self.usages,
            is_ca=self.ca,
            encode_usages_in_request=False,
            name_constraints=self._name_constraints(),
            private_key=private_key(self.key),
        )

    def _name_constraints(self) -> NameConstraints | None:
        if not (self.permitted or self.excluded):
            return None
        return NameConstraints(critical=True, permitted=self.permitted, excluded=self.excluded)

    def _issuer(self) -> IssuerRef:
        try:
            return issuer_ref(self.issuer)
        except ValueError as error:
            raise InvalidObjectError("issuer", str(error)) from error

    def __str__(self) -> str:
        parts = [f"{name} {', '.join(values)}" for name, values in self._names() if values]
        subject = [f"{name}={value}" for name, value in self._subject() if value]
        parts += [", ".join(subject)] if subject else []
        parts += ["usages " + ", ".join(self.usages)] if self.usages else []
        parts += ["CA"] if self.ca else []
        parts += [f"duration {self.duration}"] if self.duration else []
        who = [f"by {self.username}"] if self.username else []
        return "; ".join(
            (*parts, self.key, f"namespace {self.namespace}", f"from {self.issuer}", *who)
        )

    def _names(self) -> tuple[tuple[str, Strings], ...]:
        others = tuple(f"{oid}={value}" for oid, value in self.other_names)
        return (
            ("dns", self.dns),
            ("ip", self.ips),
            ("uri", self.uris),
            ("email", self.emails),
            ("otherName", others),
        )

    def _subject(self) -> tuple[tuple[str, str], ...]:
        listed = {"O": self.o, "OU": self.ou, "C": self.c, "L": self.l, "ST": self.st}
        listed |= {"STREET": self.street, "postalCode": self.postal_code}
        return (
            ("CN", self.cn),
            *((name, ", ".join(values)) for name, values in listed.items()),
            ("serialNumber", self.serial),
        )


def issuer_ref(text: str) -> IssuerRef:
    """Read NAME, KIND/NAME or KIND.GROUP/NAME; raise `ValueError`."""
    kind_and_group, _, name = text.rpartition("/")
    kind, _, group = kind_and_group.partition(".")
    if not name:
        raise ValueError(f"{text!r} is not NAME, KIND/NAME or KIND.GROUP/NAME")
    return IssuerRef(name, kind, group)


def private_key(text: str) -> PrivateKey:
    """Read `RSA-2048`, `ECDSA-256`, `Ed25519` or the like; raise `InvalidObjectError`."""
    algorithm, _, bits = text.partition("-")
    wrong = InvalidObjectError("key", f"{text!r} is not like RSA-2048, ECDSA-256 or Ed25519")
    if algorithm not in get_args(Algorithm) or not _BITS.fullmatch(bits):
        raise wrong
    size = int(bits or 0)
    sizes = {"RSA": _RSA_SIZES, "ECDSA": (0, 224, *CURVES), "Ed25519": (0,)}[algorithm]
    if size not in sizes:
        raise wrong
    return PrivateKey(algorithm=algorithm, size=size)  # type: ignore[arg-type]  # one of them


_BITS: Final = re.compile(r"[0-9]{0,5}")
_RSA_SIZES: Final = (0, *range(1024, 8192 + 1))
