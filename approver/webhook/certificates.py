"""Where the webhook has its certificate from: its own CAs, or files."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from approver.webhook.authority_secret import AuthoritySecret
from approver.webhook.serving_context import CertificateError, ServingContext
from approver.webhook.trust import Trust

if TYPE_CHECKING:
    from approver.webhook.authority import Leaf

WALL_CLOCK: Final = partial(datetime.now, UTC)
_CERTIFICATE: Final = "tls.crt"
_KEY: Final = "tls.key"


class Certificates(Protocol):
    """What has a serving context hold a certificate that is valid."""

    async def run(self) -> None:
        """Follow what it depends on, until cancelled."""

    async def keep(self) -> None:
        """Look whether another is due, every second. Raise `KubeError` or `CertificateError`."""


class OwnCertificates:
    """Certificates for `names` that live for a time, by CAs from a Secret. No file, no wait."""

    def __init__(
        self,
        context: ServingContext,
        secret: AuthoritySecret,
        trust: Trust,
        names: Sequence[str],
        life: timedelta,
        clock: Callable[[], datetime] = WALL_CLOCK,
    ) -> None:
        self._context = context
        self._secret = secret
        self._trust = trust
        self._names = names
        self._life = life
        self._clock = clock
        self._leaf: Leaf | None = None

    async def run(self) -> None:
        """Follow the Secret."""
        await self._secret.run()

    async def keep(self) -> None:
        """Have CAs made, and sign another certificate if it is time, by the clock of the wall."""
        now = self._clock()
        try:
            await self._secret.keep(now, self._trust.owners)
        finally:  # what is there serves, though nothing can be written
            self._renew(now)
        await self._trust.keep(self._secret.authorities)

    def _renew(self, now: datetime) -> None:
        signer = self._secret.authorities.signer(now, self._trust.trusted)
        if signer is None:
            return
        leaf = self._leaf
        if leaf is None or leaf.is_due(now) or leaf.signer != signer.fingerprint:
            leaf = signer.issue(self._names, now, self._life)
            self._context.load(leaf.pem)
            self._leaf = leaf


class CertificateFiles:
    """A certificate and its key in files of a folder, read again when they are others."""

    def __init__(self, context: ServingContext, folder: Path) -> None:
        self._context = context
        self._folder = folder
        self._tried = b""

    async def run(self) -> None:
        """Follow nothing: files are looked at as they are."""

    async def keep(self) -> None:
        """Load the files if they are others; while they do not fit, what was loaded serves on."""
        try:
            pem = b"\n".join((self._folder / name).read_bytes() for name in (_CERTIFICATE, _KEY))
        except OSError as error:
            raise CertificateError(f"{error.filename}: {error.strerror}") from error
        if pem == self._tried:
            return
        try:
            self._context.load(pem)
        except CertificateError as error:
            self._tried = pem
            raise CertificateError(f"{self._folder}: {error}") from error
        self._tried = pem
