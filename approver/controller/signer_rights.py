"""Whether we may approve for the signers that policies select: better known before a request waits.

cert-manager's webhook refuses the decisions of whoever may not `approve` for a signer.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from approver.kube.approval import may_approve, may_approve_by_name, missing_permission
from approver.kube.discovery import Discovery
from approver.kube.errors import KubeError
from approver.kube.session import Session
from approver.model import quote
from approver.ops.metrics import ALL_REPLICAS, Metrics, gauge
from approver.policy.selector import SignerKind
from approver.review import Catalogue

_log = logging.getLogger(__name__)

_MAY_APPROVE = gauge(
    "policy_approver_may_approve",
    "Whether the approver may approve for signers of a kind that policies select, KIND.GROUP: 1 for"
    f" all, or some by name; 0 for none{ALL_REPLICAS}.",
    "signer",
)
_LOOK_SECONDS: Final = 2.0
_ASK_AGAIN_SECONDS: Final = 60.0
_MOST_KINDS: Final = 100


class SignerRights:
    """Asks at start, whenever policies select other kinds of signers, and once a minute.

    `catalogue` returns the policies of now.
    """

    def __init__(
        self,
        session: Session,
        discovery: Discovery,
        catalogue: Callable[[], Catalogue],
        metrics: Metrics,
    ) -> None:
        self._session = session
        self._discovery = discovery
        self._catalogue = catalogue
        self._metrics = metrics
        self._seen = Catalogue()
        self._problems: dict[SignerKind, str | None] = {}  # as far as they are known
        self._asked_at = 0.0

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self.look()
            except KubeError as error:
                _log.debug("the rights to approve are not known: %s", error)
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Ask if there is a reason to. Raise `KubeError`."""
        catalogue, now = self._catalogue(), self._session.timing.clock()
        if catalogue is self._seen and now - self._asked_at < _ASK_AGAIN_SECONDS:
            return
        selected = _selected(catalogue)
        for kind in self._problems.keys() - selected:
            del self._problems[kind]
            self._metrics[_MAY_APPROVE].remove(_name(kind))
        is_time = now - self._asked_at >= _ASK_AGAIN_SECONDS
        for kind in selected if is_time else selected - self._problems.keys():
            self._tell(kind, await self._problem(kind))
        self._seen = catalogue
        if is_time:
            self._asked_at = now

    async def _problem(self, kind: SignerKind) -> str | None:
        served = await self._discovery.find(kind.group, kind.kind)
        if served is None:
            return f"there is no kind {quote(kind.kind)} in the API group {quote(kind.group)}"
        resource = f"{served.plural}.{kind.group}"
        signers = f"{resource}/*"
        if await may_approve(self._session, signers):
            return None
        if await may_approve_by_name(self._session, resource):
            return None  # the smaller circle that the operator has drawn
        return f"missing: {missing_permission(signers)}, or that of each signer"

    def _tell(self, kind: SignerKind, problem: str | None) -> None:
        self._metrics[_MAY_APPROVE].labels(_name(kind)).set(problem is None)
        if problem != self._problems.get(kind):
            fields = {"signer": _name(kind)} | ({"problem": problem} if problem else {})
            if problem:
                _log.warning("requests for a selected kind of signer may wait", extra=fields)
            else:
                _log.info("the approver may approve for a selected kind of signer", extra=fields)
        self._problems[kind] = problem


def _selected(catalogue: Catalogue) -> set[SignerKind]:
    """Return the kinds of signers that policies name which decide, up to a hundred."""
    kinds = set[SignerKind]()
    for policy in catalogue.policies.values():
        if policy.ready and policy.enforcing and len(kinds) < _MOST_KINDS:
            kinds.update(policy.selector.signer_kinds)
    return kinds


def _name(kind: SignerKind) -> str:
    return f"{kind.kind}.{kind.group}"
