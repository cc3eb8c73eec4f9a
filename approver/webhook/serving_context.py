"""The TLS of the webhook, whose certificate can be exchanged while it serves."""

import os
import ssl
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from approver.model import Error

if TYPE_CHECKING:
    from datetime import datetime


class CertificateError(Error, ValueError):
    """A certificate and a key that cannot be served."""


class ServingContext:
    """A context for servers, with the certificate that was loaded last.

    New connections have the new certificate; those that are open go on. `ends_at` is until when it
    is valid, None before the first.
    """

    def __init__(self) -> None:
        self.context = _context()
        self._pem = b""
        self._kind: type | None = None
        self.ends_at: datetime | None = None

    def load(self, pem: bytes) -> None:
        """Serve a certificate, in PEM with its chain and its key.

        One that does not fit its key would leave the context without any, so it is tried first.
        Raise `CertificateError`, or `OSError` if another attempt may go well.
        """
        if pem == self._pem:
            return
        certificate = _read(pem)
        kind, ends_at = type(certificate.public_key()), certificate.not_valid_after_utc
        try:
            _load(_context(), pem)
        except (ssl.SSLError, ValueError) as error:
            raise CertificateError(f"the certificate cannot be served: {error}") from error
        if self._kind not in {None, kind}:
            # A context has a place for each kind of key, and would go on with the other one.
            raise CertificateError("its key is of another kind: restart to serve it")
        _load(self.context, pem)
        self._pem, self._kind, self.ends_at = pem, kind, ends_at

    def verifies(self, authorities: bytes, name: str) -> str:
        """Return why a client that trusts these, in PEM, would not believe us; "" if it would."""
        if self.ends_at is None:
            return "there is no certificate yet"
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            client.load_verify_locations(cadata=authorities.decode("ascii", "ignore"))
        except (ssl.SSLError, ValueError, TypeError):
            return "no CA is trusted yet"
        try:
            _shake_hands(self.context, client, name)
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason
            return f"the certificate is not trusted: {reason}"
        return ""


def _read(pem: bytes) -> x509.Certificate:
    """Return the certificate, to which the key belongs. Raise `CertificateError`."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        public = certificate.public_key()
    except Exception as error:  # the library's errors have no base of their own
        raise CertificateError("there is no certificate that can be read") from error
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise CertificateError("the key needs a password: store it without") from error
    except Exception as error:  # as above
        raise CertificateError("there is no key that can be read") from error
    if key.public_key() != public:
        raise CertificateError("the key belongs to another certificate")
    return certificate


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """Load a certificate from memory, for there may be no place to write a file."""
    file = os.memfd_create("certificate")
    try:
        os.write(file, pem)
        # Without a password it would ask the terminal for one.
        context.load_cert_chain(f"/proc/self/fd/{file}", password=lambda: b"")
    finally:
        os.close(file)


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """Have both meet in memory. Raise `SSLError`, of the client if it does not trust the server."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(back, there, server_hostname=name)
    answering = server.wrap_bio(there, back, server_side=True)
    for _ in range(4):
        for side in (asking, answering):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
