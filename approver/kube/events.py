"""Events on objects, written beside the work that they tell of.

They go to events.k8s.io/v1, which `kubectl describe` and `kubectl get events` show like those of
the older API, and which needs no permission but `create`.
"""

import asyncio
import logging
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal

from approver.kube.backoff import Backoff
from approver.kube.errors import (
    ConflictError,
    KubeError,
    ServerError,
    TooManyRequestsError,
    UnreachableError,
)
from approver.kube.last_said import LastSaid
from approver.kube.resources import EVENTS, Resource
from approver.kube.session import Session
from approver.kube.times import microseconds
from approver.model import ObjectMeta, shorten
from approver.model.text import REMARK

_log = logging.getLogger(__name__)

_CONTROLLER = "policy-approver"
_WRITERS = 16  # with fewer, events fall behind a drain of pending requests
_MOST_WAITING = 10_000
_MOST_REMEMBERED = 10_000  # objects whose last event is known
_LONGEST_NOTE_BYTES = 1_024  # the API server takes no more
_LONGEST_NAME = 200  # characters of an object's name in the name of its events
_LONGEST_INSTANCE = 128  # characters: the API server takes no more
_ID_DIGITS = 16  # hexadecimal
_TRIES = 3


@dataclass(frozen=True, slots=True)
class _Event:
    resource: Resource
    namespace: str
    name: str
    uid: str
    kind: str
    reason: str
    note: str
    time: datetime
    id: str  # so that a second try writes no second one

    @property
    def home(self) -> str:
        """The namespace that the event is in; that of an object without one is `default`."""
        return self.namespace or "default"


class EventWriter:
    """Takes events without ever waiting or failing; `run` writes them.

    `instance` names this process in them. An event that repeats the last one on its object is left
    out. What cannot be taken or written is lost; that is counted, and logged once for each cause.
    """

    def __init__(self, session: Session, instance: str = _CONTROLLER) -> None:
        self._session = session
        self._instance = instance[:_LONGEST_INSTANCE]
        self._waiting: asyncio.Queue[_Event] = asyncio.Queue(_MOST_WAITING)
        self._last = LastSaid(_MOST_REMEMBERED)
        self._reported: set[str] = set()

    def emit(
        self,
        resource: Resource,
        metadata: ObjectMeta,
        kind: Literal["Normal", "Warning"],
        reason: str,
        note: str,
        *,
        once: bool = False,
    ) -> None:
        """Say something about an object; `reason` is one word, `note` up to 1,024 bytes.

        With `once`, the event's name follows from the object and the reason. If several processes
        write it, the API server keeps one.
        """
        event = _Event(
            resource,
            metadata.namespace,
            metadata.name,
            metadata.uid,
            kind,
            reason,
            _fitting(note),
            datetime.now(UTC),
            _deterministic_id(metadata.uid, reason) if once else uuid.uuid4().hex[:_ID_DIGITS],
        )
        if not self._last.is_news(event.uid, f"{kind} {reason} {note}"):
            return
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self._last.forget(event.uid)
            self._lost("queue", "more events than can be written")

    def forget(self, metadata: ObjectMeta) -> None:
        """Forget an object's last event: the object is decided, or gone."""
        self._last.forget(metadata.uid)

    async def run(self) -> None:
        """Write events until cancelled, a few at a time."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(_WRITERS):
                tasks.create_task(self._write_all(), name=f"event writer {number}")

    async def _write_all(self) -> None:
        backoff = Backoff(self._session.timing)
        while True:
            event = await self._waiting.get()
            try:
                await self._write(event, backoff)
            except KubeError as error:
                self._last.forget(event.uid)  # so that it may be said again
                self._lost(error.cause, str(error))
            except Exception:  # noqa: BLE001 - what breaks on one event must not stop the others
                _log.exception("event not written")
                self._lost("error", "an unexpected error")
            finally:
                self._waiting.task_done()

    async def flush(self) -> None:
        """Wait until all that was taken is written or lost."""
        await self._waiting.join()

    async def _write(self, event: _Event, backoff: Backoff) -> None:
        path = EVENTS.path(namespace=event.home)
        body = _manifest(event, self._instance)
        for _ in range(_TRIES - 1):
            try:
                await self._session.call("POST", path, body=body)
            except (UnreachableError, TooManyRequestsError, ServerError) as error:
                await backoff.pause(error.retry_after)
            except ConflictError:
                return  # it was written, and the answer lost
            else:
                return
        await self._session.call("POST", path, body=body)

    def _lost(self, cause: str, why: str) -> None:
        self._session.telemetry.event_lost(cause)
        if cause not in self._reported:
            self._reported.add(cause)
            _log.warning("events are lost: %s", why)


def _deterministic_id(*parts: str) -> str:
    return sha256("/".join(parts).encode()).hexdigest()[:_ID_DIGITS]


def _manifest(event: _Event, instance: str) -> dict[str, Any]:
    return {
        **EVENTS.kind.header,
        "metadata": {
            "name": f"{event.name[:_LONGEST_NAME].rstrip('-.')}.{event.id}",
            "namespace": event.home,
        },
        "eventTime": microseconds(event.time),
        "reportingController": _CONTROLLER,
        "reportingInstance": instance,
        "action": "Review",
        "regarding": {
            **event.resource.kind.header,
            "namespace": event.namespace,
            "name": event.name,
            "uid": event.uid,
        },
        "type": event.kind,
        "reason": event.reason,
        "note": event.note,
    }


def _fitting(note: str) -> str:
    encoded = note.encode()
    if len(encoded) <= _LONGEST_NOTE_BYTES:
        return note
    return shorten(note, len(encoded[: _LONGEST_NOTE_BYTES - REMARK].decode(errors="ignore")))
