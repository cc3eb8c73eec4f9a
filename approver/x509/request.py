"""A certificate signing request: PEM in, what the signer would sign out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from approver.x509 import der
from approver.x509 import extensions as known
from approver.x509.der import Element
from approver.x509.keys import Key, PublicKey, read_key, verify
from approver.x509.name_constraints import (
    NO_CONSTRAINTS,
    NameConstraints,
    read_name_constraints,
)
from approver.x509.names import Names, read_names
from approver.x509.pem import LIMIT, unwrap
from approver.x509.refusal import Malformed, Refused, refused_as
from approver.x509.subject import Attribute, read_subject
from approver.x509.usages import is_compared

T = TypeVar("T")

_VERSIONS: Final = (b"\x00", b"\x01", b"\x02")
"""0, and what old programs write."""


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What a request asks for; its signature verifies.

    `extensions` are the object identifiers of those that need a policy's consent, in order: all
    but those that are KNOWN. The last three members are None where the request lacks the extension:
    whether it asks for a CA, the numbers of the key usage bits, and the object identifiers of the
    extended key usages, in order.
    """

    subject: tuple[Attribute, ...]
    names: Names
    key: Key
    name_constraints: NameConstraints = NO_CONSTRAINTS
    extensions: tuple[str, ...] = ()
    is_ca: bool | None = None
    key_usage: frozenset[int] | None = None
    extended_key_usage: tuple[str, ...] | None = None

    @property
    def other_usages(self) -> tuple[str, ...]:
        """The extended key usages that cert-manager has no name for, in order."""
        return tuple(oid for oid in self.extended_key_usage or () if not is_compared(oid))


def read(pem: bytes, limit: int = LIMIT) -> SigningRequest:
    """Read what `spec.request` holds, or raise Refused, whatever is wrong with it.

    Refuse what has more than `limit` bytes unread.
    """
    try:
        return _read(unwrap(pem, limit))
    except (Refused, KeyboardInterrupt, SystemExit, MemoryError):
        raise  # the last says nothing of the request
    except BaseException as error:  # a panic of a library in Rust is no Exception
        raise Refused("unreadable", f"reading it failed with {type(error).__name__}") from error


@refused_as("der")
def _read(encoding: bytes) -> SigningRequest:
    match der.parts(encoding):
        case (
            Element(der.SEQUENCE) as info,
            Element(der.SEQUENCE) as algorithm,
            Element(der.BIT_STRING) as signature,
        ):
            request, public_key = _read_info(info.encoding)
            verify(request.key, public_key, algorithm, signature, info.encoding)
            return request
        case _:
            raise Malformed("not a certification request with all of its elements and no other")


def _read_info(encoding: bytes) -> tuple[SigningRequest, PublicKey]:
    """Read what is signed. What is in its attributes is dropped, but for the extensions."""
    match der.parts(encoding):
        case (
            Element(der.INTEGER) as version,
            subject,
            key_info,
            Element(der.CONTEXT_0) as attributes,
        ):
            pass
        case _:
            raise Malformed("not a certification request with all of its elements and no other")
    if version.content not in _VERSIONS:
        raise Refused("version", f"it is 0x{version.content[:8].hex()}, none of 0, 1 and 2")
    key, public_key = read_key(key_info.encoding)
    values = known.read_extensions(attributes)
    request = SigningRequest(
        subject=read_subject(subject.encoding),
        names=_if_asked(read_names, values.get(known.SUBJECT_ALT_NAME)) or Names(),
        key=key,
        name_constraints=_if_asked(read_name_constraints, values.get(known.NAME_CONSTRAINTS))
        or NO_CONSTRAINTS,
        extensions=tuple([oid for oid in values if oid not in known.KNOWN]),
        is_ca=_if_asked(known.read_basic_constraints, values.get(known.BASIC_CONSTRAINTS)),
        key_usage=_if_asked(known.read_key_usage, values.get(known.KEY_USAGE)),
        extended_key_usage=_if_asked(
            known.read_extended_key_usage, values.get(known.EXTENDED_KEY_USAGE)
        ),
    )
    return request, public_key


def _if_asked(reader: Callable[[bytes], T], value: bytes | None) -> T | None:
    return None if value is None else reader(value)
