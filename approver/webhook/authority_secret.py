"""The Secret that replicas have the webhook's CAs from."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from approver.kube.errors import KubeError
from approver.kube.reflector import Reflector
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.model import Object, kinds
from approver.ops.metrics import Metrics, counter
from approver.webhook.authorities import Authorities

_log = logging.getLogger(__name__)

_ROTATIONS = counter(
    "policy_approver_webhook_ca_rotations", "CAs of the webhook that this replica has made."
)
_CERTIFICATES: Final = "ca.crt"  # what cainjector reads
_KEYS: Final = "ca.key"
_MANAGER: Final = "policy-approver-webhook"
_INJECTABLE: Final = {"cert-manager.io/allow-direct-injection": "true"}


class _Owner(Object, frozen=True):
    uid: str = ""


class _Metadata(Object, frozen=True):
    owner_references: tuple[_Owner, ...] = ()


class _Secret(Object, frozen=True):
    metadata: _Metadata = _Metadata()
    data: dict[str, bytes] | None = None  # in base64, as JSON has it


class AuthoritySecret:
    """Follows the Secret. Whoever leads writes it: what is missing there, and what has to be new.

    CAs that were seen once are kept in memory until they are over. So if the Secret is deleted,
    emptied or written by somebody else, the same CAs come back, and nobody has to learn of others.
    """

    def __init__(
        self,
        session: Session,
        namespace: str,
        name: str,
        life: timedelta,
        metrics: Metrics,
        *,
        leading: Callable[[], bool],
    ) -> None:
        self._session = session
        self._resource = Resource(kinds.SECRET, only=name, namespace=namespace)
        self._life = life
        self._metrics = metrics
        self._leading = leading
        self._stored: Mapping[str, bytes] = {}
        self._owners: Sequence[str] = ()
        self._reflector = Reflector(
            session,
            self._resource,
            msgspec.json.Decoder(_Secret).decode,
            on_change=lambda _key, _old, new: self._changed(new),
        )
        self.authorities = Authorities()

    async def run(self) -> None:
        """Follow the Secret until cancelled."""
        await self._reflector.run()

    async def keep(self, now: datetime, owners: Sequence[Mapping[str, str]]) -> None:
        """Have everything in the Secret that is to be there, if that is up to us.

        `owners` become its owner references, so that it goes with them. Raise `KubeError`.
        """
        self.authorities = self.authorities.lasting(now)
        if not (self._reflector.synced.is_set() and self._leading()):
            return
        wanted = self.authorities.with_new(now, self._life)
        owned = {each["uid"] for each in owners} <= set(self._owners)
        data = {_CERTIFICATES: wanted.certificates, _KEYS: wanted.keys}
        if data == self._stored and owned:
            return
        made = len(set(wanted.all) - set(self.authorities.all))
        # Before the call: what is heard meanwhile is newer, and may be of another's CAs.
        self._stored, self._owners = data, [each["uid"] for each in owners]
        path = self._resource.path(self._resource.only)
        try:
            await self._session.apply(path, self._manifest(data, owners), _MANAGER)
        except KubeError:
            self._stored = {}
            raise
        self.authorities = self.authorities.with_those_of(wanted)
        self._metrics[_ROTATIONS].inc(made)
        _log.info(
            "CAs of the webhook are written", extra={"secret": self._resource.only, "new": made}
        )

    def _manifest(
        self, data: Mapping[str, bytes], owners: Sequence[Mapping[str, str]]
    ) -> Mapping[str, object]:
        return {
            **kinds.SECRET.header,
            "metadata": {
                "name": self._resource.only,
                "namespace": self._resource.namespace,
                "annotations": _INJECTABLE,
                "ownerReferences": owners,
            },
            "data": data,
        }

    def _changed(self, secret: _Secret | None) -> None:
        found = (secret.data if secret else None) or {}
        self._stored = {name: found.get(name, b"") for name in (_CERTIFICATES, _KEYS)}
        self._owners = [each.uid for each in secret.metadata.owner_references] if secret else []
        stored = Authorities.read(self._stored[_CERTIFICATES], self._stored[_KEYS])
        self.authorities = self.authorities.with_those_of(stored)
