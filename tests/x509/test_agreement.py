import pytest

from approver.x509 import DEFAULT_USAGES, USAGES, Refused, check_agreement, read
from tests.x509.build import (
    BASIC_CONSTRAINTS,
    EXTENDED_KEY_USAGE,
    KEY_USAGE,
    TRUE,
    bits,
    dns,
    extension,
    oid,
    request,
    san,
    sequence,
)

SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"

SIGN, ENCIPHER = extension(KEY_USAGE, bits(b"\x80", 7)), extension(KEY_USAGE, bits(b"\x20", 5))
SIGN_ENCIPHER = extension(KEY_USAGE, bits(b"\xa0", 5))
SIGN_ENCIPHER_CERTS = extension(KEY_USAGE, bits(b"\xa4", 2))


def extended(*oids: str) -> bytes:
    return extension(EXTENDED_KEY_USAGE, sequence(*map(oid, oids)))


def disagreement(*extensions: bytes, usages: tuple[str, ...] = (), is_ca: bool = False) -> str:
    """Return the rule that a CSR with these extensions breaks beside such a spec, or ""."""
    csr = read(request(san(dns()), *extensions))
    try:
        check_agreement(csr, usages=usages, is_ca=is_ca)
    except Refused as refused:
        return refused.rule
    return ""


@pytest.mark.parametrize("is_ca", [False, True])
@pytest.mark.parametrize("usages", [(), ("server auth", "crl sign")])
def test_what_the_csr_does_not_say_agrees(usages: tuple[str, ...], is_ca: bool) -> None:  # noqa: FBT001 a table
    """The signer then takes what the spec says."""
    assert disagreement(usages=usages, is_ca=is_ca) == ""


@pytest.mark.parametrize("constraints", [(), (TRUE,)])
def test_the_ca_flag_is_that_of_the_spec(constraints: tuple[bytes, ...]) -> None:
    """A CSR does not ask for a CA behind the back of the spec."""
    asked = extension(BASIC_CONSTRAINTS, sequence(*constraints))
    assert disagreement(asked, is_ca=bool(constraints)) == ""
    assert disagreement(asked, is_ca=not constraints) == "basic-constraints"


@pytest.mark.parametrize(
    ("extensions", "usages"),
    [
        ([SIGN_ENCIPHER], ()),
        ([SIGN_ENCIPHER], DEFAULT_USAGES),
        ([SIGN_ENCIPHER], ("key encipherment", "signing", "digital signature")),
        ([SIGN], ("signing",)),
        ([SIGN, extended(SERVER_AUTH, CLIENT_AUTH)], ("server auth", "signing", "client auth")),
        ([extended(CLIENT_AUTH)], ("client auth",)),
        ([extended(EMAIL_PROTECTION)], ("s/mime",)),
        ([extended(EMAIL_PROTECTION, EMAIL_PROTECTION)], ("s/mime", "email protection")),
    ],
)
def test_the_usages_are_those_of_the_spec(extensions: list[bytes], usages: tuple[str, ...]) -> None:
    """Names that mean the same are the same; an empty list means the defaults."""
    assert disagreement(*extensions, usages=usages) == ""


def test_a_ca_also_signs_certificates() -> None:
    """cert-manager adds the usage."""
    assert disagreement(SIGN_ENCIPHER_CERTS, is_ca=True) == ""
    assert disagreement(SIGN_ENCIPHER_CERTS, usages=("cert sign", *DEFAULT_USAGES)) == ""
    assert disagreement(SIGN_ENCIPHER, is_ca=True) == "key-usage"
    assert disagreement(SIGN_ENCIPHER_CERTS) == "key-usage"


@pytest.mark.parametrize(
    ("extensions", "usages"),
    [
        ([SIGN], ()),
        ([ENCIPHER], ("signing",)),
        ([SIGN_ENCIPHER], ("signing",)),
        ([SIGN], ("signing", "key encipherment")),
        ([extended(SERVER_AUTH)], ()),
        ([extended(SERVER_AUTH)], ("signing", "server auth")),
    ],
)
def test_key_usages_are_equal(extensions: list[bytes], usages: tuple[str, ...]) -> None:
    """One bit more or less is another request; without the extension there is no bit."""
    assert disagreement(*extensions, usages=usages) == "key-usage"


@pytest.mark.parametrize(
    ("extensions", "usages"),
    [
        ([SIGN_ENCIPHER, extended(CLIENT_AUTH)], ()),
        ([SIGN], ("signing", "server auth")),
        ([extended(SERVER_AUTH, CLIENT_AUTH)], ("server auth",)),
        ([extended(SERVER_AUTH)], ("server auth", "client auth")),
        ([extended(CLIENT_AUTH, SERVER_AUTH)], ("server auth", "client auth")),
        ([extended(SERVER_AUTH, SERVER_AUTH)], ("server auth",)),
        ([extended("2.5.29.37.0")], ("server auth",)),
    ],
)
def test_extended_usages_are_equal_in_order_and_number(
    extensions: list[bytes], usages: tuple[str, ...]
) -> None:
    """So compares cert-manager."""
    assert disagreement(*extensions, usages=usages) == "extended-key-usage"


@pytest.mark.parametrize("extensions", [[], [SIGN_ENCIPHER]])
def test_a_usage_has_a_name_that_is_known(extensions: list[bytes]) -> None:
    """cert-manager signs no request with another."""
    assert disagreement(*extensions, usages=("signing", "Server Auth")) == "key-usage"


def test_every_usage_can_be_asked_for() -> None:
    """A name stands for a bit or for an extended usage."""
    for usage, code in USAGES.items():
        if isinstance(code, str):
            asked = extended(code)
        else:
            content = (1 << 15 - code).to_bytes(2, "big").rstrip(b"\x00")
            asked = extension(KEY_USAGE, bits(content, 7 - code % 8))
        assert disagreement(asked, usages=(usage,)) == ""
