"""What rules can name: `request`, of which rules over one value see a part as `cr`.

The fields below are the one declaration. The types that the engine checks rules against, the values
that it runs them on, and the table in docs/cel.md follow from their annotations.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec

from approver.model.subject import SUBJECT_ATTRIBUTES

Strings = tuple[str, ...]


class Says(msgspec.Struct, frozen=True):
    """What a field means. `of_value_rules`: it is a field of `cr`, too.

    `read_as` is the protobuf type that rules read where a request may not have exactly one value:
    to read any other number of values is an error. Without it, the type follows from the field's.
    """

    meaning: str
    of_value_rules: bool = False
    read_as: str = ""


class _Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A message of the language. Fields have the names that rules use."""


class IssuerRef(_Message, frozen=True):
    """The signer, with cert-manager's defaults."""

    name: Annotated[str, Says("of the issuer")] = ""
    kind: Annotated[str, Says("`Issuer` if the request names none")] = ""
    group: Annotated[str, Says("`cert-manager.io` if the request names none")] = ""


class Key(_Message, frozen=True):
    """The key in the CSR."""

    algorithm: Annotated[str, Says("`RSA`, `ECDSA` or `Ed25519`")] = ""
    size: Annotated[int, Says("in bits; -1 for Ed25519")] = 0
    curve: Annotated[str, Says("of an ECDSA key, otherwise empty")] = ""


_IN_ORDER: Final = "in the order of the CSR"

Subject = msgspec.defstruct(
    "Subject",
    [(each.name, Annotated[Strings, Says(_IN_ORDER)], ()) for each in SUBJECT_ATTRIBUTES],
    frozen=True,
    kw_only=True,
)
"""The attributes of the subject, by the names of the policy language."""


class Subtrees(_Message, frozen=True):
    """Names and all below them."""

    dns_domains: Annotated[Strings, Says("as written in the CSR")] = ()
    ip_ranges: Annotated[Strings, Says("as CIDR")] = ()
    email_addresses: Annotated[Strings, Says("as written in the CSR")] = ()
    uri_domains: Annotated[Strings, Says("as written in the CSR")] = ()


class NameConstraints(_Message, frozen=True):
    """What the CSR of a CA says that it may sign for, and what it may not."""

    permitted: Subtrees = Subtrees()
    excluded: Subtrees = Subtrees()


class Activation(_Message, frozen=True):
    """A request, as rules see it. `duration` is in nanoseconds, None if it is not set."""

    name: Annotated[str, Says("of the `CertificateRequest`", of_value_rules=True)] = ""
    namespace: Annotated[str, Says("of the `CertificateRequest`", of_value_rules=True)] = ""
    username: Annotated[str, Says("who created it", of_value_rules=True)] = ""
    groups: Annotated[Strings, Says("the groups of that user", of_value_rules=True)] = ()
    namespace_labels: Annotated[Mapping[str, str], Says("labels of the namespace")] = {}
    annotations: Annotated[
        Mapping[str, str],
        Says(
            "those that cert-manager does not let anybody change: `cert-manager.io/…`,"
            " `acme.cert-manager.io/…`"
        ),
    ] = {}
    issuer_ref: IssuerRef = IssuerRef()
    subject: Subject = Subject()  # type: ignore[valid-type]  # a class that is made of a table
    dns_names: Annotated[Strings, Says(_IN_ORDER)] = ()
    ip_addresses: Annotated[Strings, Says(_IN_ORDER)] = ()
    uris: Annotated[Strings, Says(_IN_ORDER)] = ()
    email_addresses: Annotated[Strings, Says(_IN_ORDER)] = ()
    is_ca: Annotated[bool, Says("`spec.isCA`")] = msgspec.field(name="isCA", default=False)
    usages: Annotated[Strings, Says("`spec.usages`, as written")] = ()
    other_usages: Annotated[
        Strings,
        Says("object identifiers of extended key usages that cert-manager has no name for"),
    ] = ()
    key: Key = Key()
    name_constraints: NameConstraints = NameConstraints()
    common_name: Annotated[
        Strings,
        Says("empty if there is none; an error to read if there are several", read_as="string"),
    ] = ()
    duration: Annotated[
        int | None,
        Says(
            "`spec.duration`; an error to read if it is not set, so ask `has(request.duration)`"
            " first",
            read_as="google.protobuf.Duration",
        ),
    ] = None


class Variable(msgspec.Struct, frozen=True):
    """A field of a message, as rules see it.

    `type` is a protobuf type: `string`, `[string]` for a list, `{string: string}` for a map, or the
    name of a message, whose fields are then `fields`.
    """

    name: str
    type: str
    says: Says
    fields: "tuple[Variable, ...]" = ()


def variables(message: type[msgspec.Struct] = Activation) -> Iterator[Variable]:
    """Yield what is declared above, in its order."""
    hints = get_type_hints(message, include_extras=True)
    for field in msgspec.structs.fields(message):
        hint = hints[field.name]
        if get_origin(hint) is Annotated:
            kind, says = get_args(hint)
            yield Variable(field.encode_name, says.read_as or _PROTOBUF_TYPES[kind], says)
        else:
            fields = tuple(variables(hint))
            yield Variable(field.encode_name, hint.__name__, Says(""), fields)


_PROTOBUF_TYPES: Final[Mapping[Any, str]] = {
    str: "string",
    int: "int64",
    bool: "bool",
    Strings: "[string]",
    Mapping[str, str]: "{string: string}",
}
