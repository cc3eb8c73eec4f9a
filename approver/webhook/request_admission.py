"""What a tenant is told at once of a Certificate, or a request, that no policy would approve."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from approver.issuance import request_for_certificate
from approver.model import (
    Decision,
    InvalidObjectError,
    Request,
    Requester,
    ServiceAccount,
    fitting,
    kinds,
    without_nulls,
)
from approver.webhook.admission import ALLOWED, LONGEST_WARNING, AdmissionRequest, Answer

_MOST: Final = 16  # that are looked at, at a time
_MOST_OF_A_NAMESPACE: Final = 4
_PAUSE_SECONDS: Final = 0.1  # in which nobody takes the place: it makes a rate of the number
_LONGEST_BYTES: Final = 128 << 10
_LONGEST_COMMAND: Final = 200
_LONGEST_NAME: Final = 63  # as most are, and the reasons are to be read
_UNCHECKED: Final = Answer(unchecked=True)

Decide = Callable[[Request], Awaitable[Decision | None]]
"""Decides a request that does not exist yet; None if that cannot be told now."""


class RequestAdmission:
    """Answers for Certificates and CertificateRequests: it warns, and never refuses.

    Who creates many of them is not waited for: what comes beside a few is let through.
    """

    def __init__(self, decide: Decide, cert_manager: ServiceAccount) -> None:
        self._decide = decide
        self._cert_manager = Requester.of(cert_manager)
        self._under_way = Counter[str]()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="request-admission")

    async def admit(self, request: AdmissionRequest) -> Answer:
        """Answer for one of them. Raise `KubeError` or `RuleEngineError`."""
        namespace = request.namespace
        crowded = self._under_way.total() >= _MOST
        if crowded or self._under_way[namespace] >= _MOST_OF_A_NAMESPACE:
            return _UNCHECKED
        self._under_way[namespace] += 1
        looking = asyncio.create_task(self._look(request))
        looking.add_done_callback(partial(self._looked, namespace))
        # Who stops waiting has his place until the thread is done with it.
        return await asyncio.shield(looking)

    def _looked(self, namespace: str, looking: asyncio.Task[Answer]) -> None:
        if not looking.cancelled():
            looking.exception()  # told to whoever still waits
        asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._leave, namespace)

    def _leave(self, namespace: str) -> None:
        self._under_way[namespace] -= 1
        self._under_way += Counter()  # without those that are at 0

    async def _look(self, request: AdmissionRequest) -> Answer:
        if request.size > _LONGEST_BYTES:
            return _UNCHECKED
        loop = asyncio.get_running_loop()
        try:
            # A large key takes a part of a second to make.
            asked, name = await loop.run_in_executor(self._thread, self._asked, request)
        except (InvalidObjectError, RecursionError):
            return ALLOWED  # cert-manager says what is wrong with it
        decision = await self._decide(asked)
        if decision is None:
            return _UNCHECKED
        if decision.verdict == "approved":
            return ALLOWED
        what = f"{request.kind.kind} {fitting(name, _LONGEST_NAME)}"
        more = f"for all reasons, and what helps: {_command(request, asked, name)}"
        reasons = fitting(f"{what} {_verdict(decision)}", LONGEST_WARNING)
        return Answer(warnings=(reasons, more))

    def _asked(self, request: AdmissionRequest) -> tuple[Request, str]:
        """Return the request that it is, or that cert-manager makes of it, and its own name."""
        obj = without_nulls(_placed(request))
        if request.kind.kind == kinds.CERTIFICATE.name:
            asked = request_for_certificate(obj).asked_by(self._cert_manager)
        else:
            asked = Request.parse(obj)
            asked = asked if asked.spec.username else asked.asked_by(request.user_info)
        return asked, obj["metadata"]["name"]


def _placed(request: AdmissionRequest) -> Mapping[str, Any]:
    obj = request.object or {}
    metadata = obj.get("metadata")
    if not isinstance(metadata, Mapping):
        return obj
    name = metadata.get("name") or metadata.get("generateName") or "new"
    return {**obj, "metadata": {**metadata, "namespace": request.namespace, "name": name}}


def _verdict(decision: Decision) -> str:
    verdicts = {"denied": "would be denied", "unmatched": "would not be approved by any policy"}
    verdict = verdicts.get(decision.verdict, "would not be approved now")
    return f"{verdict}: {decision.message}"


def _command(request: AdmissionRequest, asked: Request, name: str) -> str:
    """Return what tells more: of what is not in the cluster, only a file does."""
    if request.dry_run:
        return "approver check"
    command = "kubectl approver explain"
    whole = f"{command} -n {asked.namespace} {request.kind.kind.lower()}/{name}"
    # A part of a name would be another's, and a generated one is not known yet.
    known = ((request.object or {}).get("metadata") or {}).get("name") == name
    return whole if known and len(whole) < _LONGEST_COMMAND else command
