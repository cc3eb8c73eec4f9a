"""What a rule can name."""

from collections.abc import Mapping

import msgspec


class Activation(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "namespace_labels": "namespaceLabels",
        "issuer_ref": "issuerRef",
        "common_names": "commonNames",
        "dns_names": "dnsNames",
        "ip_addresses": "ipAddresses",
        "email_addresses": "emailAddresses",
        "is_ca": "isCA",
    },
):
    """The request that questions are about; rules over one value see its first line only.

    Mappings use the names that rules use: `issuer_ref` has `name`, `kind` and `group`, `subject`
    lists such as `organizations`, `key` has `algorithm`, `size` (bits) and `curve`. `duration` is
    in nanoseconds, None if the request sets none.
    """

    name: str = ""
    namespace: str = ""
    username: str = ""
    groups: tuple[str, ...] = ()
    namespace_labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    issuer_ref: Mapping[str, str] = {}
    common_names: tuple[str, ...] = ()
    subject: Mapping[str, tuple[str, ...]] = {}
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    email_addresses: tuple[str, ...] = ()
    is_ca: bool = False
    usages: tuple[str, ...] = ()
    duration: int | None = None
    key: Mapping[str, str | int] = {}
