"""cert-manager's webhook, which alone makes the requester of a request true."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from approver.kube.reflector import Reflector
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.model import Object, kinds
from approver.model.kinds import CERTIFICATE_REQUEST

_log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 1.0
_STRICT: Final = "Fail"


class _Rule(Object, frozen=True):
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()


class _Webhook(Object, frozen=True):
    failure_policy: str = _STRICT
    rules: tuple[_Rule, ...] = ()


class _Configuration(Object, frozen=True):
    webhooks: tuple[_Webhook, ...] = ()


class RequesterWebhook:
    """Follows the configurations of webhooks, and logs what is wrong with them.

    Without the mutating one nobody sets who made a request, and without the validating one anybody
    may change it, or approve.
    """

    def __init__(self, session: Session) -> None:
        self._sleep = session.timing.sleep
        self._configurations = {
            kind: Reflector(
                session,
                Resource(kind),
                msgspec.json.Decoder(_Configuration).decode,
                keep=lambda found: any(map(_is_about_requests, found.webhooks)),
                on_change=lambda *_: None,
            )
            for kind in (kinds.MUTATING_WEBHOOKS, kinds.VALIDATING_WEBHOOKS)
        }

    @property
    def reflectors(self) -> Mapping[str, Reflector[Any]]:
        """Both, by the plural of their kind."""
        return {kind.plural: reflector for kind, reflector in self._configurations.items()}

    @property
    def problems(self) -> list[str]:
        """What of it is missing, or may be passed by, as far as is known."""
        return [
            problem
            for kind, reflector in self._configurations.items()
            if reflector.synced.is_set()
            and (problem := _problem(kind.name, reflector.cache.values()))
        ]

    async def run(self) -> None:
        """Log what is wrong whenever it is something else, until cancelled."""
        logged: list[str] = []
        while True:
            await self._sleep(_LOOK_SECONDS)
            problems = self.problems
            if problems and problems != logged:
                _log.error(
                    "cert-manager's webhook does not make sure who requests a certificate",
                    extra={"problems": problems},
                )
            logged = problems


def _problem(kind: str, configurations: Iterable[_Configuration]) -> str:
    hooks = [
        hook
        for configuration in configurations
        for hook in configuration.webhooks
        if _is_about_requests(hook)
    ]
    if not hooks:
        return f"there is no {kind} for certificaterequests.cert-manager.io"
    if all(hook.failure_policy != _STRICT for hook in hooks):
        return f"the {kind} for certificaterequests.cert-manager.io has failurePolicy Ignore"
    return ""


def _is_about_requests(hook: _Webhook) -> bool:
    return any(
        CERTIFICATE_REQUEST.group in rule.api_groups
        and {CERTIFICATE_REQUEST.plural, "*", "*/*"} & set(rule.resources)
        and {"CREATE", "*"} & set(rule.operations)
        for rule in hook.rules
    )
