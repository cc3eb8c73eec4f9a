"""The subject: which attributes it has, in order."""

from collections.abc import Iterator
from dataclasses import dataclass

from approver.x509 import der
from approver.x509.der import Element
from approver.x509.oids import named
from approver.x509.refusal import Malformed, refused_as
from approver.x509.text import text_of


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the subject; `value` is None if it is not of a string type that is read."""

    oid: str
    value: str | None


@refused_as("subject")
def read_subject(encoding: bytes) -> tuple[Attribute, ...]:
    """Flatten a Name: the attributes of its relative distinguished names."""
    return tuple(attributes_of(der.parse(encoding)))


def attributes_of(name: Element) -> Iterator[Attribute]:
    """Walk a Name, which may be empty."""
    if name.tag != der.SEQUENCE:
        raise Malformed("a name is not a sequence")
    for relative_name in name.children:
        for attribute in der.items(relative_name, "a relative distinguished name", der.SET):
            match attribute:
                case Element(der.SEQUENCE, children=(Element(der.OID) as kind, value)):
                    yield _attribute(der.dotted(kind.content), value)
                case _:
                    raise Malformed("an attribute is not a type and a value")


def _attribute(oid: str, value: Element) -> Attribute:
    try:
        return Attribute(oid, text_of(value))
    except Malformed as error:
        raise Malformed(f"{named(oid)}: {error}") from None
