"""A certificate signing request: PEM in, what the signer would sign out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from approver.x509 import der
from approver.x509 import extensions as known
from approver.x509.der import Element
from approver.x509.keys import Key, read_key, verify
from approver.x509.names import Names, read_names
from approver.x509.pem import unwrap
from approver.x509.refusal import Malformed, Refused, refused_as
from approver.x509.subject import Attribute, read_subject

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What a request asks for; its signature verifies.

    `extensions` are the object identifiers of those that need a policy's consent, in order: all
    but subjectAltName, keyUsage, extKeyUsage, basicConstraints and subjectKeyIdentifier. The last
    three members are None where the request lacks the extension: whether it asks for a CA, the
    numbers of the key usage bits, and the object identifiers of the extended key usages, in order.
    """

    subject: tuple[Attribute, ...]
    names: Names
    key: Key
    extensions: tuple[str, ...] = ()
    is_ca: bool | None = None
    key_usage: frozenset[int] | None = None
    extended_key_usage: tuple[str, ...] | None = None


def read(pem: bytes) -> SigningRequest:
    """Read what `spec.request` holds, or raise Refused, whatever is wrong with it."""
    try:
        return _read(unwrap(pem))
    except (Refused, KeyboardInterrupt, SystemExit, MemoryError):
        raise  # the last says nothing of the request
    except BaseException as error:  # a panic of a library in Rust is no Exception
        raise Refused("unreadable", f"reading it failed with {type(error).__name__}") from error


@refused_as("der")
def _read(encoding: bytes) -> SigningRequest:
    match der.parse(encoding):
        case Element(
            der.SEQUENCE,
            children=(
                Element(
                    der.SEQUENCE,
                    children=(
                        Element(der.INTEGER) as version,
                        subject,
                        key_info,
                        Element(der.CONTEXT_0) as attributes,
                    ),
                ) as info,
                Element(der.SEQUENCE) as algorithm,
                Element(der.BIT_STRING) as signature,
            ),
        ):
            if version.content != b"\x00":
                raise Refused("version", f"it is 0x{version.content[:8].hex()}, not 0")
            key, public_key = read_key(key_info)
            values = known.read_extensions(attributes)
            request = SigningRequest(
                subject=read_subject(subject),
                names=_if_asked(read_names, values.get(known.SUBJECT_ALT_NAME)) or Names(),
                key=key,
                extensions=tuple([oid for oid in values if oid not in known.KNOWN]),
                is_ca=_if_asked(known.read_basic_constraints, values.get(known.BASIC_CONSTRAINTS)),
                key_usage=_if_asked(known.read_key_usage, values.get(known.KEY_USAGE)),
                extended_key_usage=_if_asked(
                    known.read_extended_key_usage, values.get(known.EXTENDED_KEY_USAGE)
                ),
            )
            verify(key, public_key, algorithm, signature, info.encoding)
            return request
        case _:
            raise Malformed("not a certification request with all of its elements and no other")


def _if_asked(reader: Callable[[bytes], T], value: bytes | None) -> T | None:
    return None if value is None else reader(value)
