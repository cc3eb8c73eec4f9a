"""The server that the API server calls: one path for each thing that is admitted."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from ssl import SSLContext
from typing import Final

from aiohttp import web

from approver.kube.errors import KubeError
from approver.model import fitting
from approver.ops.crowd import ConnectionLimit
from approver.ops.endpoints import listening
from approver.ops.metrics import Metrics, counter, histogram
from approver.rules import RuleEngineError
from approver.webhook.admission import (
    LONGEST,
    LONGEST_WARNING,
    OUTCOMES,
    SHORT,
    AdmissionRequest,
    Answer,
    MalformedReviewError,
    read,
    response,
    uid_of,
    written,
)

_log = logging.getLogger(__name__)

POLICIES: Final = "/policies"
REQUESTS: Final = "/requests"

_PATHS: Final = (POLICIES, REQUESTS)
_HUNG_UP: Final = "499"  # before there was an answer
_STATUSES: Final = ("200", "400", "408", "411", "413", "415", _HUNG_UP, "500", "503")
_REQUESTS = counter(
    "controller_runtime_webhook_requests",
    "Admission reviews by webhook and status of HTTP.",
    "webhook",
    "code",
    known=((path, code) for path in _PATHS for code in _STATUSES),
)
_LATENCY = histogram(
    "controller_runtime_webhook_latency_seconds",
    "Time of one admission review.",
    (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
    "webhook",
    known=((path,) for path in _PATHS),
)
_ANSWERS = counter(
    "policy_approver_webhook_answers",
    "Admission reviews by webhook and answer; unchecked: allowed, since there was no time to look.",
    "webhook",
    "answer",
    known=((path, outcome) for path in _PATHS for outcome in OUTCOMES),
)

# An object of etcd has 1.5 MB at the most, and an update comes with the old one.
_MOST_BYTES: Final = 3 << 20 | 1 << 19
_MOST_RECEIVED: Final = 64 << 20  # of all together
_PLACES: Final = 8  # for those that are not short: what is read of one takes up to 24 times as much
_MOST_CONNECTIONS: Final = 600  # each takes 0.3 MB; the API server opens one for a call beyond 25
_LIFETIME_SECONDS: Final = 300.0
_LAST_SECONDS: Final = 60.0  # of which, in which a connection ends behind an answer
_BODY_SECONDS: Final = 2.0
_TIMEOUT_SECONDS: Final = 10.0  # of the API server, unless it says otherwise
_OURS: Final = 0.7  # of it, so that our answer comes before it gives up

Admit = Callable[[AdmissionRequest], Awaitable[Answer]]


class WebhookServer:
    """Serves on `host:port`, and answers each path by what `admits` there.

    `quiet` are paths where nothing is said of what there was no time for. Once it is `draining`,
    it closes each connection behind its answer.
    """

    def __init__(
        self, address: str, admits: Mapping[str, Admit], metrics: Metrics, *, quiet: frozenset[str]
    ) -> None:
        self._address = address
        self._metrics = metrics
        self._quiet = quiet
        self._places = {path: asyncio.Semaphore(_PLACES) for path in admits}
        self._received = 0  # bytes, of reviews that have no answer yet
        self.draining = False
        self._application = web.Application()
        for path, admit in admits.items():
            self._application.router.add_post(path, partial(self._handle, path, admit))

    def listening(self, context: SSLContext) -> AbstractAsyncContextManager[None]:
        """Serve until the end of the block. Raise `AddressError`."""
        return listening("webhook", self._address, self._application, self._limited, context)

    def _limited(self, make: Callable[[], asyncio.BaseProtocol]) -> ConnectionLimit:
        self._connections = ConnectionLimit(make, _MOST_CONNECTIONS, _LIFETIME_SECONDS)
        return self._connections

    async def _handle(self, path: str, admit: Admit, request: web.Request) -> web.Response:
        began, code = time.perf_counter(), _HUNG_UP
        try:
            answer = await self._answer(path, admit, request)
            code = str(answer.status)
        finally:
            self._metrics[_LATENCY].labels(path).observe(time.perf_counter() - began)
            self._metrics[_REQUESTS].labels(path, code).inc()
        # A connection that is old would be aborted, maybe in the middle of an answer.
        if self.draining or self._connections.seconds_left(request.transport) < _LAST_SECONDS:
            answer.force_close()
        return answer

    async def _answer(self, path: str, admit: Admit, request: web.Request) -> web.Response:
        deadline = asyncio.get_running_loop().time() + _seconds(request)
        if request.content_length is None:
            return _refused(411, "a review without Content-Length")
        if request.headers.get("Content-Encoding"):
            return _refused(415, "a review that is encoded")
        if request.content_length > _MOST_BYTES:
            return _refused(413, f"more than {_MOST_BYTES} bytes")
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for part in request.content.iter_any():
                    body += part
                    self._received += len(part)
                    if self._received > _MOST_RECEIVED and len(body) > SHORT:
                        return _refused(503, "too many reviews at a time")
            return await self._reviewed(path, admit, bytes(body), deadline)
        except TimeoutError:
            return _refused(408, "the review did not come in time")
        finally:
            self._received -= len(body)

    async def _reviewed(
        self, path: str, admit: Admit, body: bytes, deadline: float
    ) -> web.Response:
        try:
            review, answer = await self._judged(path, admit, body, deadline)
        except MalformedReviewError as error:
            return _refused(400, str(error), error.uid)
        except Exception as error:  # noqa: BLE001 - whatever breaks, there is an answer
            _log.error(
                "an admission review failed", extra={"webhook": path, "error": repr(error)[:200]}
            )
            return _refused(500, "internal error", uid_of(body))
        self._metrics[_ANSWERS].labels(path, answer.outcome).inc()
        text = written(review.uid, response(review, answer))
        return web.Response(body=text, content_type="application/json")

    async def _judged(
        self, path: str, admit: Admit, body: bytes, deadline: float
    ) -> tuple[AdmissionRequest, Answer]:
        """Return what is asked, and the answer. Raise `MalformedReviewError`."""
        if len(body) > LONGEST and (uid := uid_of(body)):
            why = f"it has more than {LONGEST >> 10} KiB"
            return AdmissionRequest(uid), self._unchecked(path, why)
        place = nullcontext() if len(body) <= SHORT else self._places[path]
        try:
            async with asyncio.timeout_at(deadline), place:
                review = read(body)
                return review, await admit(review)
        except (TimeoutError, KubeError, RuleEngineError) as error:
            why = str(error) or "it took too long"
            return AdmissionRequest(uid_of(body)), self._unchecked(path, why)

    def _unchecked(self, path: str, why: str) -> Answer:
        _log.debug("not checked", extra={"webhook": path, "error": why})
        said = fitting(f"policy-approver could not check it: {why}", LONGEST_WARNING)
        return Answer(warnings=() if path in self._quiet else (said,), unchecked=True)


def _seconds(request: web.Request) -> float:
    """Return for how long the API server would wait, if not for longer than it does by default.

    What the way takes is taken off.
    """
    text = request.query.get("timeout", "").removesuffix("s")
    given = float(text) if text.isdecimal() else _TIMEOUT_SECONDS
    return min(given, _TIMEOUT_SECONDS) * _OURS


def _refused(status: int, text: str, uid: str = "") -> web.Response:
    if uid:
        failure = {"code": status, "status": "Failure", "message": text}
        body = written(uid, {"allowed": False, "status": failure})
        return web.Response(status=status, body=body, content_type="application/json")
    return web.Response(status=status, text=f"{text}\n")
