"""The live TLS context takes another certificate, and never one that does not fit its key."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from approver.webhook.authorities import Authorities
from approver.webhook.authority import Authority
from approver.webhook.serving_context import CertificateError, ServingContext

NAME = "webhook.approver.svc"
LIFE = timedelta(days=7)


def authority() -> Authority:
    return Authority.make(datetime.now(UTC), LIFE)


def pem(signer: Authority) -> bytes:
    return signer.issue([NAME], datetime.now(UTC), LIFE).pem


def trusted(*authorities: Authority) -> bytes:
    return Authorities(authorities).certificates


def mismatched(signer: Authority) -> bytes:
    """Give a certificate with the key of another."""
    end = b"-----END CERTIFICATE-----\n"
    certificate = pem(signer).partition(end)[0] + end
    return certificate + pem(signer).partition(end)[2]


@asynccontextmanager
async def serving(context: ServingContext) -> AsyncIterator[int]:
    """Serve it, and give the port."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context.context) as server:
        yield server.sockets[0].getsockname()[1]


async def version(port: int, client: ssl.SSLContext, name: str = NAME) -> str:
    """Connect, and give the version of TLS that was agreed on."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=client, server_hostname=name
    )
    assert await reader.readline() == b"hello\n"
    found: str = writer.get_extra_info("ssl_object").version()
    writer.close()
    return found


def client(*authorities: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=trusted(*authorities).decode())


async def test_a_certificate_is_exchanged_while_it_serves() -> None:
    context, old, new = ServingContext(), authority(), authority()
    context.load(pem(old))
    async with serving(context) as port:
        assert await version(port, client(old)) == "TLSv1.3"
        context.load(pem(new))
        assert await version(port, client(old, new)) == "TLSv1.3"
        with pytest.raises(ssl.SSLCertVerificationError):
            await version(port, client(old))


async def test_a_pair_that_does_not_match_is_refused_and_the_old_one_serves_on() -> None:
    context, signer = ServingContext(), authority()
    context.load(pem(signer))
    async with serving(context) as port:
        for bad in (mismatched(signer), b"", b"garbage", trusted(signer)):
            with pytest.raises(CertificateError):
                context.load(bad)
            assert await version(port, client(signer))


def test_a_key_of_another_kind_is_refused_and_an_encrypted_one_asks_nobody() -> None:
    context = ServingContext()
    context.load(pem(authority()))
    rsa_key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(rsa_key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + LIFE)
        .sign(rsa_key, hashes.SHA256())
    ).public_bytes(Encoding.PEM)
    for password, problem in ((None, "of another kind"), (b"secret", "needs a password")):
        hidden = BestAvailableEncryption(password) if password else NoEncryption()
        key = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)
        with pytest.raises(CertificateError, match=problem):
            context.load(certificate + key)


def test_a_bundle_with_comments_in_any_language_is_no_error() -> None:
    context, signer = ServingContext(), authority()
    context.load(pem(signer))
    assert context.verifies("# Főtanúsítvány\n".encode() + trusted(signer), NAME) == ""


async def test_without_sni_it_is_the_same() -> None:
    context, signer = ServingContext(), authority()
    context.load(signer.issue(["127.0.0.1"], datetime.now(UTC), LIFE).pem)
    async with serving(context) as port:  # an address is no SNI
        assert await version(port, client(signer), "127.0.0.1")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_tls_1_2_is_the_least() -> None:
    context, signer = ServingContext(), authority()
    context.load(pem(signer))
    async with serving(context) as port:
        older = client(signer)
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        assert await version(port, older) == "TLSv1.2"
        oldest = client(signer)
        oldest.minimum_version = oldest.maximum_version = ssl.TLSVersion.TLSv1_1
        oldest.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await version(port, oldest)


def test_it_knows_who_believes_it() -> None:
    context, old, new = ServingContext(), authority(), authority()
    assert context.verifies(trusted(old), NAME) == "there is no certificate yet"
    context.load(pem(old))
    assert context.verifies(trusted(old, new), NAME) == ""
    assert context.verifies(b"", NAME) == "no CA is trusted yet"
    assert context.verifies(b"garbage", NAME) == "no CA is trusted yet"
    assert "not trusted" in context.verifies(trusted(new), NAME)
    assert "not trusted" in context.verifies(trusted(old), "another.approver.svc")


def test_one_that_is_over_is_not_believed() -> None:
    then = datetime.now(UTC) - timedelta(days=30)
    signer = Authority.make(then, timedelta(days=300))
    context = ServingContext()
    context.load(signer.issue([NAME], then, LIFE).pem)
    assert "expired" in context.verifies(trusted(signer), NAME)
