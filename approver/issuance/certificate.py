"""A Certificate of cert-manager.io/v1: its fields, and the types that the API takes for them.

Fields that have no part in a request are declared, too: whatever is not is a mistake, which the API
would refuse or drop.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from approver.issuance.keys import Algorithm
from approver.model import IssuerRef, Object, ObjectMeta, without_nulls
from approver.model.subject import SUBJECT_ATTRIBUTES

Strings = tuple[str, ...]

SIGNATURE_ALGORITHMS: Final[Mapping[Algorithm, Strings]] = {
    "RSA": ("SHA256WithRSA", "SHA384WithRSA", "SHA512WithRSA"),
    "ECDSA": ("ECDSAWithSHA256", "ECDSAWithSHA384", "ECDSAWithSHA512"),
    "Ed25519": ("PureEd25519",),
}
"""What `spec.signatureAlgorithm` may be with a key of each kind."""

Subject = msgspec.defstruct(
    "Subject",
    [
        (each.name, str, "") if each.single else (each.name, Strings, ())
        for each in SUBJECT_ATTRIBUTES
    ],
    frozen=True,
    forbid_unknown_fields=True,
)
"""`spec.subject`."""


class _Part(Object, frozen=True, forbid_unknown_fields=True):
    """A part of a Certificate."""


class PrivateKey(_Part, frozen=True):
    """`spec.privateKey`."""

    algorithm: Algorithm = "RSA"
    size: int = 0
    encoding: Literal["PKCS1", "PKCS8"] = "PKCS1"
    rotation_policy: Literal["Never", "Always"] = "Always"


class OtherName(_Part, frozen=True):
    """One of `spec.otherNames`."""

    oid: str = ""
    utf8_value: str = msgspec.field(name="utf8Value", default="")


class NameRanges(_Part, frozen=True):
    """Names that a CA may sign, or may not."""

    dns_domains: Strings = ()
    ip_ranges: Strings = ()
    email_addresses: Strings = ()
    uri_domains: Strings = ()


class NameConstraints(_Part, frozen=True):
    """`spec.nameConstraints`."""

    critical: bool = False
    permitted: NameRanges | None = None
    excluded: NameRanges | None = None


class SecretKey(_Part, frozen=True):
    """A reference to a key of a Secret."""

    name: str
    key: str = ""


class Keystore(_Part, frozen=True):
    """A keystore that is made of the certificate."""

    create: bool
    alias: str = ""
    profile: Literal["", "LegacyRC2", "LegacyDES", "Modern2023", "Modern2026"] = ""
    password: str | None = None
    password_secret_ref: SecretKey | None = None


class Keystores(_Part, frozen=True):
    """`spec.keystores`."""

    jks: Keystore | None = None
    pkcs12: Keystore | None = None


class OutputFormat(_Part, frozen=True):
    """One of `spec.additionalOutputFormats`."""

    type: Literal["DER", "CombinedPEM"]


class SecretTemplate(_Part, frozen=True):
    """`spec.secretTemplate`."""

    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    labels: dict[str, str] = msgspec.field(default_factory=dict)


class RenewalWindow(_Part, frozen=True):
    """One of `spec.renewal.windows`."""

    cron: Annotated[str, msgspec.Meta(min_length=1)]
    window_duration: Annotated[str, msgspec.Meta(pattern=r"^([0-9]+(\.[0-9]+)?(s|m|h))+$")]
    timezone: Annotated[str, msgspec.Meta(min_length=1)] = "UTC"


class Renewal(_Part, frozen=True):
    """`spec.renewal`."""

    policy: Literal["RenewBefore", "Disabled"] = "RenewBefore"
    windows: tuple[RenewalWindow, ...] = ()


class CertificateSpec(_Part, frozen=True):
    """`spec`; the last group has no part in the request."""

    issuer_ref: IssuerRef
    secret_name: str
    common_name: str = ""
    subject: Subject = Subject()  # type: ignore[valid-type]  # a class that is made of a table
    literal_subject: str = ""
    dns_names: Strings = ()
    ip_addresses: Strings = ()
    uris: Strings = ()
    email_addresses: Strings = ()
    other_names: tuple[OtherName, ...] = ()
    duration: str | None = None
    is_ca: bool = msgspec.field(name="isCA", default=False)
    usages: Strings = ()
    encode_usages_in_request: bool = True
    name_constraints: NameConstraints | None = None
    private_key: PrivateKey = PrivateKey()
    signature_algorithm: str = ""

    additional_output_formats: tuple[OutputFormat, ...] = ()
    keystores: Keystores = Keystores()
    renew_before: str | None = None
    renew_before_percentage: int | None = None
    renewal: Renewal = Renewal()
    revision_history_limit: Annotated[int, msgspec.Meta(ge=1)] = 1
    secret_template: SecretTemplate = SecretTemplate()


class CertificateStatus(Object, frozen=True):
    """How often the Certificate has been issued, where it comes from a cluster."""

    revision: int = 0


class Certificate(Object, frozen=True):
    """A Certificate."""

    metadata: ObjectMeta
    spec: CertificateSpec
    status: CertificateStatus = CertificateStatus()


def read_certificate(obj: Mapping[str, Any]) -> Certificate:
    """Read a decoded manifest; raise `InvalidObjectError`."""
    return Certificate.parse(without_nulls(obj))
