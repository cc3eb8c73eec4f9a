"""The parts of a request, and what each can be at all."""

from collections.abc import Mapping
from typing import Final

from approver.analysis.alphabet import ADDRESSES, ANY_TEXT, SOME_TEXT, VISIBLE
from approver.analysis.domains import Choices, Domain, Labels, Members, Span, Text, Texts
from approver.analysis.language import EVERYTHING, of
from approver.model.subject import SUBJECT_ATTRIBUTES
from approver.policy.fields.declarations import SUBTREES
from approver.x509 import USAGES

NAMESPACE: Final = "namespace"
LABELS: Final = "labels"
USERNAME: Final = "username"
GROUPS: Final = "groups"
ISSUER_NAME: Final = "issuer.name"
ISSUER_KIND: Final = "issuer.kind"
ISSUER_GROUP: Final = "issuer.group"
COMMON_NAME: Final = "allowed.commonName"
DNS: Final = "allowed.dnsNames"
IPS: Final = "allowed.ipAddresses"
URIS: Final = "allowed.uris"
EMAILS: Final = "allowed.emailAddresses"
OTHER_NAMES: Final = "allowed.otherNames"
IS_CA: Final = "allowed.isCA"
ALL_USAGES: Final = "allowed.usages"
OTHER_ATTRIBUTES: Final = "allowed.subject.otherAttributes"
OTHER_USAGES: Final = "allowed.otherUsages"
EXTENSIONS: Final = "allowed.extensions"
DURATION: Final = "constraints"
KEY: Final = "constraints.privateKey"

KEYS: Final = frozenset(
    {
        *(("RSA", bits) for bits in (1024, 2048, 3072, 4096, 8192)),
        *(("ECDSA", bits) for bits in (224, 256, 384, 521)),
        ("Ed25519", -1),
    }
)
"""Algorithms and sizes of keys that are in use: bounds between two of them are alike."""

_SINGLE: Final = {f"allowed.subject.{each.name}": each.single for each in SUBJECT_ATTRIBUTES}

PARTS: Final[Mapping[str, Domain]] = {
    COMMON_NAME: Texts(SOME_TEXT),  # an empty one counts as none
    DNS: Texts(VISIBLE),
    IPS: Texts(ADDRESSES),
    URIS: Texts(VISIBLE),
    EMAILS: Texts(VISIBLE),
    OTHER_NAMES: Texts(ANY_TEXT),  # as OID=VALUE
    IS_CA: Members(frozenset({False, True})),
    ALL_USAGES: Choices(frozenset(USAGES)),
    **{name: Texts(SOME_TEXT if single else ANY_TEXT) for name, single in _SINGLE.items()},
    OTHER_ATTRIBUTES: Texts(ANY_TEXT),  # as OID=VALUE
    **{
        f"allowed.nameConstraints.{side}.{kind}": Texts(VISIBLE)
        for side in ("permitted", "excluded")
        for kind in SUBTREES
    },
    OTHER_USAGES: Texts(ANY_TEXT),  # as OID=
    EXTENSIONS: Texts(ANY_TEXT),  # as OID=
    DURATION: Span(),
    KEY: Members(KEYS),
    ISSUER_NAME: Text(SOME_TEXT),
    ISSUER_KIND: Text(SOME_TEXT),
    ISSUER_GROUP: Text(SOME_TEXT),
    NAMESPACE: Text(SOME_TEXT),
    LABELS: Labels(),
    USERNAME: Text(SOME_TEXT),
    # The API server adds this one to all who have a name.
    GROUPS: Texts(ANY_TEXT, EVERYTHING, (of("system:authenticated"),)),
}


def whole_of(field: str) -> Texts | Choices:
    """Return all that a field with several values can have."""
    whole = PARTS[field]
    if isinstance(whole, Texts | Choices):
        return whole
    raise TypeError(f"{field} has one value, and not several")
