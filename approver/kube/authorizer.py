"""SubjectAccessReviews: whether a requester may use a policy, as the authorizer says."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from approver.kube.errors import KubeError
from approver.kube.listing import read
from approver.kube.resources import POLICIES, SELF_SUBJECT_ACCESS_REVIEWS, SUBJECT_ACCESS_REVIEWS
from approver.kube.session import Session
from approver.model import Requester

_LIFETIME_SECONDS = 10.0  # that an answer holds
_LAG_SECONDS = 1.0  # by which the authorizer may be behind our watches
_CALLS_AT_ONCE = 16  # so that a crowd of requests leaves connections to the rest
_QUESTIONS_AT_ONCE = 8  # of one request, so that it leaves calls to others
_EVERY = ""  # a question without a name: whether the requester may use every policy
_REMEMBERED_ANSWERS = 20_000

Subject = bytes
"""A digest of all of a requester, and the namespace."""
_Question = tuple[Subject, str]  # with the name of a policy


@dataclass(slots=True)
class _Remembered:
    """What one subject may use, by policy, and until when that holds."""

    end: float
    allowed: dict[str, bool] = field(default_factory=dict)


class Authorizer:
    """Asks, and shares each answer between all who ask the same, for as long as it holds.

    `on_drop` is called whenever answers were dropped because they may have become wrong, so that
    whoever acted on them can ask again. Answers are `remembered`, up to that many.
    """

    def __init__(
        self,
        session: Session,
        on_drop: Callable[[], None] = lambda: None,
        remembered: int = _REMEMBERED_ANSWERS,
    ) -> None:
        self._session = session
        self._on_drop = on_drop
        self._most = remembered
        self._answers: dict[Subject, _Remembered] = {}  # oldest first
        self._number = 0  # of all answers
        self._in_flight: dict[_Question, asyncio.Task[bool]] = {}
        self._unsent: dict[_Question, asyncio.Task[bool]] = {}  # those in flight that still queue
        self._free = asyncio.Semaphore(_CALLS_AT_ONCE)
        self._next_drop: asyncio.TimerHandle | None = None
        self._changed = False  # since the last one
        self.drops = 0
        """How often answers were dropped: what was found out before may be wrong now."""

    def known(self, requester: Requester, namespace: str) -> Mapping[str, bool]:
        """Return what is known of the policies that `requester` may `use` in the namespace."""
        answers = self._answers.get(subject_of(requester, namespace))
        if answers and self._session.timing.clock() < answers.end:
            return answers.allowed
        return {}

    async def may_use(
        self,
        requester: Requester,
        namespace: str,
        policies: Collection[str],
        *,
        fresh: bool = False,
    ) -> Mapping[str, bool]:
        """Return of each policy whether `requester` may `use` it in the namespace.

        `fresh` takes no answer to a question that was sent before this call. Raise `KubeError`.
        """
        if not requester.username:
            return dict.fromkeys(policies, False)
        known = {} if fresh else self.known(requester, namespace)
        if known.get(_EVERY):
            return dict.fromkeys(policies, True)
        answers = {policy: known[policy] for policy in policies if policy in known}
        unknown = [policy for policy in policies if policy not in known]
        if len(unknown) > _QUESTIONS_AT_ONCE:
            every = self._task(requester, namespace, _EVERY, fresh=fresh)
            await asyncio.wait([every])
            if every.result():
                return dict.fromkeys(policies, True)
        for start in range(0, len(unknown), _QUESTIONS_AT_ONCE):
            tasks = {
                policy: self._task(requester, namespace, policy, fresh=fresh)
                for policy in unknown[start : start + _QUESTIONS_AT_ONCE]
            }
            await asyncio.wait(tasks.values())
            answers |= {policy: task.result() for policy, task in tasks.items()}
        return answers

    def _task(
        self, requester: Requester, namespace: str, policy: str, *, fresh: bool
    ) -> asyncio.Task[bool]:
        """Return the task that asks a question, a new one unless there is one that will do."""
        subject = subject_of(requester, namespace)
        question = subject, policy
        task = (self._unsent if fresh else self._in_flight).get(question)
        if task is None:
            task = asyncio.create_task(
                self._ask(subject, policy, _review(requester, namespace, policy))
            )
            task.add_done_callback(_retrieve_exception)
            self._in_flight[question] = self._unsent[question] = task
        return task

    def invalidate(self) -> None:
        """Drop all answers, now and again when the authorizer has surely seen the change.

        Of that, `on_drop` hears once a second at the most, however often there are changes.
        """
        self._drop()
        if self._next_drop is None:
            self._drop_later()
            self._on_drop()
        else:
            self._changed = True

    def _drop_later(self) -> None:
        self._changed = False
        self._next_drop = asyncio.get_running_loop().call_later(_LAG_SECONDS, self._drop_again)

    def _drop_again(self) -> None:
        self._next_drop = None
        if self._changed:
            self._drop_later()
        self._drop()
        self._on_drop()

    @property
    def settled(self) -> bool:
        """Whether the authorizer has seen all that was told of to `invalidate`."""
        return self._next_drop is None

    def _drop(self) -> None:
        self.drops += 1
        self._answers.clear()
        self._number = 0
        self._in_flight.clear()
        self._unsent.clear()

    async def _ask(self, subject: Subject, policy: str, review: dict[str, Any]) -> bool:
        task = asyncio.current_task()
        question = subject, policy
        try:
            async with self._free:
                if self._unsent.get(question) is task:
                    del self._unsent[question]
                allowed = await self._send(review)
            # Otherwise a change, or a fresh question, has overtaken this one.
            if self._in_flight.get(question) is task:
                self._remember(subject, policy, allowed=allowed)
            return allowed
        finally:
            if self._in_flight.get(question) is task:
                del self._in_flight[question]

    def _remember(self, subject: Subject, policy: str, *, allowed: bool) -> None:
        now = self._session.timing.clock()
        answers = self._answers.get(subject)
        if answers is None or answers.end <= now:
            self._forget(subject)
            answers = self._answers[subject] = _Remembered(now + _LIFETIME_SECONDS)
        self._number += policy not in answers.allowed
        answers.allowed[policy] = allowed
        while self._number > self._most and len(self._answers) > 1:
            self._forget(next(iter(self._answers)))

    def _forget(self, subject: Subject) -> None:
        if answers := self._answers.pop(subject, None):
            self._number -= len(answers.allowed)

    async def _send(self, review: dict[str, Any]) -> bool:
        telemetry = self._session.telemetry
        try:
            answer = await self._session.call("POST", SUBJECT_ACCESS_REVIEWS.path(), body=review)
            allowed = read(REVIEW_DECODER, answer).status.allowed
        except KubeError:
            telemetry.access_reviewed("error")
            raise
        telemetry.access_reviewed("allowed" if allowed else "denied")
        return allowed


def subject_of(requester: Requester, namespace: str) -> Subject:
    """Return what answers depend on, beside the policy."""
    return sha256(msgspec.json.encode((namespace, requester))).digest()


async def may_use(session: Session, requester: Requester, namespace: str, policy: str) -> bool:
    """Ask whether a requester may use a policy in a namespace. Raise `KubeError`."""
    body = _review(requester, namespace, policy)
    answer = await session.call("POST", SUBJECT_ACCESS_REVIEWS.path(), body=body)
    return read(REVIEW_DECODER, answer).status.allowed


async def may_use_myself(session: Session, namespace: str, policy: str) -> bool:
    """Ask whether we may use a policy in a namespace. Raise `KubeError`."""
    resource = SELF_SUBJECT_ACCESS_REVIEWS
    body = {
        **resource.kind.header,
        "spec": {"resourceAttributes": _attributes(namespace, policy)},
    }
    answer = await session.call("POST", resource.path(), body=body)
    return read(REVIEW_DECODER, answer).status.allowed


def _attributes(namespace: str, policy: str) -> dict[str, str]:
    attributes = {
        "group": POLICIES.kind.group,
        "resource": POLICIES.kind.plural,
        "verb": "use",
        "namespace": namespace,
    }
    if policy != _EVERY:
        attributes["name"] = policy
    return attributes


def _review(requester: Requester, namespace: str, policy: str) -> dict[str, Any]:
    user = {
        "user": requester.username,
        "groups": requester.groups,
        "uid": requester.uid,
        "extra": requester.extra,
    }
    spec = {**user, "resourceAttributes": _attributes(namespace, policy)}
    return {**SUBJECT_ACCESS_REVIEWS.kind.header, "spec": spec}


def _retrieve_exception(task: asyncio.Task[bool]) -> None:
    """Retrieve it even if all who waited are gone: asyncio logs one that nobody looked at."""
    if not task.cancelled():
        task.exception()


class _Status(msgspec.Struct):
    allowed: bool


class _Review(msgspec.Struct):
    status: _Status


REVIEW_DECODER = msgspec.json.Decoder(_Review)
"""Of what the API server answers to a review."""
