"""The configuration by which the API server knows the webhook, and which CAs it trusts there."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from approver.kube.errors import KubeError
from approver.kube.reflector import Reflector
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.model import Object, ObjectMeta, kinds
from approver.webhook.authorities import Authorities, fingerprints

_log = logging.getLogger(__name__)

_MANAGER: Final = "policy-approver-webhook-injection"


class _ClientConfig(Object, frozen=True):
    ca_bundle: bytes = b""  # in base64, as JSON has it


class _Webhook(Object, frozen=True):
    name: str
    client_config: _ClientConfig = _ClientConfig()


class _Configuration(Object, frozen=True):
    metadata: ObjectMeta
    webhooks: tuple[_Webhook, ...] = ()


class Trust:
    """Follows the configuration of a name, and writes CAs into it, where nobody else does."""

    def __init__(
        self, session: Session, name: str, *, injects: bool, leading: Callable[[], bool]
    ) -> None:
        self.name = name
        self._session = session
        self._injects = injects
        self._leading = leading
        self._resource = Resource(kinds.VALIDATING_WEBHOOKS, only=name)
        self._reflector = Reflector(
            session,
            self._resource,
            msgspec.json.Decoder(_Configuration).decode,
            on_change=lambda *_: self._changed(),
        )
        self.bundles = frozenset[bytes]()
        """The CAs that are trusted by each webhook of it, in PEM; none if there is none."""
        self.trusted = frozenset[bytes]()
        """The fingerprints of those that are trusted by all of them."""

    async def run(self) -> None:
        """Follow it until cancelled."""
        await self._reflector.run()

    @property
    def known(self) -> bool:
        """Whether it has been looked for."""
        return self._reflector.synced.is_set()

    @property
    def owners(self) -> Sequence[Mapping[str, str]]:
        """Who the CAs belong to, as owner references: they go when the configuration does."""
        return [
            {
                **kinds.VALIDATING_WEBHOOKS.header,
                "name": self._resource.only,
                "uid": each.metadata.uid,
            }
            for each in self._reflector.cache.values()
        ]

    async def keep(self, authorities: Authorities) -> None:
        """Have these CAs trusted, if that is up to us. Raise `KubeError`."""
        if not (self._injects and authorities.all and self._leading()):
            return
        bundle = authorities.certificates
        if self.bundles <= {bundle}:
            return
        name = self._resource.only
        operations = [
            operation
            for index, hook in enumerate(self._webhooks)
            for operation in _injection(f"/webhooks/{index}", hook.name, bundle)
        ]
        self.bundles = frozenset({bundle})  # until more is heard, also meanwhile
        try:
            await self._session.patch(self._resource.path(name), operations, _MANAGER)
        except KubeError:
            self._changed()
            raise
        _log.info("CAs of the webhook are trusted", extra={"configuration": name})

    def _changed(self) -> None:
        self.bundles = frozenset(hook.client_config.ca_bundle for hook in self._webhooks)
        each = [fingerprints(bundle) for bundle in self.bundles]
        self.trusted = frozenset.intersection(*each) if each else frozenset()

    @property
    def _webhooks(self) -> tuple[_Webhook, ...]:
        return tuple(
            hook
            for configuration in self._reflector.cache.values()
            for hook in configuration.webhooks
        )


def _injection(path: str, name: str, bundle: bytes) -> Iterator[Mapping[str, object]]:
    """Yield the operations that inject a bundle into a webhook, if it is still the one there.

    Whoever applies owns the webhook itself, too: nobody could take it out any more.
    """
    yield {"op": "test", "path": f"{path}/name", "value": name}
    yield {"op": "add", "path": f"{path}/clientConfig/caBundle", "value": bundle}
