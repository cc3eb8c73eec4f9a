"""What is done about a request: reviewed, decided, or left for now."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

from approver.controller.announcer import NO_SUCH_KIND, Announcer, SignerLookup, Wait
from approver.controller.late_questions import LateQuestions
from approver.controller.pending import Pending, State
from approver.controller.queue import Lane
from approver.controller.reviewer import Reviewer
from approver.controller.signers import Signers
from approver.controller.slow_start import SlowStart
from approver.controller.snapshot import Snapshot, Snapshots
from approver.controller.workers import Done, RequeueAfter, Result, TakesLong
from approver.controller.writer import Leadership, Writer
from approver.kube.authorizer import Authorizer
from approver.kube.discovery import ServedKind
from approver.kube.errors import DeadlineError, ForbiddenError, KubeError, ServerError
from approver.kube.health import Health
from approver.kube.watch_stream import Key
from approver.model import Condition, Decision, Request
from approver.review import Enforcement

_WRITTEN: Final = {"approved", "denied"}  # verdicts; of others the request says nothing
_BINDING_GRACE_SECONDS: Final = 3.0  # for which a denial waits while bindings change
_MOST_REVIEWS: Final = 3  # in a row, if policies change meanwhile
_BEHIND_RETRY_SECONDS: Final = 0.05
_NAMESPACE_RETRY_SECONDS: Final = 0.2  # its watch is behind that of requests


@dataclass(frozen=True, kw_only=True, eq=False)
class Reconciler:
    """Decides requests. `requests` are the open ones, as the watch shows them.

    It is asked for a request whenever that, a policy, a namespace's labels or a binding changes. So
    one that cannot be decided by what is known now is left until then.
    """

    requests: Mapping[Key, Request]
    snapshots: Snapshots
    reviewer: Reviewer
    late_questions: LateQuestions
    authorizer: Authorizer
    enforcement: Enforcement
    prove_current: Callable[[], Awaitable[bool]]
    find_kind: Callable[[str, str], Awaitable[ServedKind | None]]
    """By group and kind, as the API server serves it."""
    no_policies_for: Callable[[], float | None]
    leadership: Leadership
    pending: Pending
    writer: Writer
    slow_start: SlowStart
    announcer: Announcer
    signers: Signers
    health: Health
    """Of writing decisions: when that works again, what had failed is tried at once."""

    async def reconcile(self, key: Key, lane: Lane = Lane.SHORT) -> Result:
        """Review a request, and write the decision if there is one and it is still true.

        Raise `KubeError` or `RuleEngineError`; the request must then be reconciled again.
        """
        request = self.requests.get(key)
        if request is None or self.writer.has_written(request):
            return Done()
        if self.signers.keeps_waiting(request):
            return Done()
        try:
            return await self._decide(key, request, lane)
        finally:
            self.signers.released(request)

    async def _decide(self, key: Key, request: Request, lane: Lane) -> Result:
        for _ in range(_MOST_REVIEWS):
            result = await self._decide_by(self.snapshots.current, key, request, lane)
            if result is not None:
                return result
        return RequeueAfter(0)

    async def _decide_by(
        self, snapshot: Snapshot, key: Key, request: Request, lane: Lane
    ) -> Result | None:
        """Decide by a snapshot; None: there is a newer one."""
        labels = snapshot.namespace_labels(request.namespace)
        if labels is None:
            return RequeueAfter(_NAMESPACE_RETRY_SECONDS)
        basis = self.snapshots.number, self.authorizer.drops
        if self.pending.was_reviewed_by(key, basis):
            left = self._until_grace_is_over(key)
            if left != RequeueAfter(0):
                return left
        at_length = lane is Lane.LONG
        decision = await self.reviewer.review(request, snapshot, labels, at_length=at_length)
        if decision is None:
            return TakesLong()
        async with self._turn(self._enforce(key, decision, labels)):
            # A turn may take time, so the proof comes after it, and so does what a grace allows.
            if not await self.prove_current():
                return RequeueAfter(_BEHIND_RETRY_SECONDS)
            if snapshot is not self.snapshots.current:
                return None
            return await self._act(key, request, self._enforce(key, decision, labels), basis)

    def _turn(self, decision: Decision) -> AbstractAsyncContextManager[None]:
        return self.slow_start.turn() if decision.verdict in _WRITTEN else nullcontext()

    def failed(self, key: Key, error: Exception) -> None:
        """Hear that a request could not be reconciled, and will be tried again."""
        self.health.failed(silent=False)
        self._note_error(key, error)

    def closed(self, _: Key, request: Request, outcome: Condition | None) -> None:
        """Hear that a request was decided, or with None that it is gone."""
        self.signers.forget(request)
        self.writer.closed(request, outcome)

    def _enforce(self, key: Key, decision: Decision, labels: Mapping[str, str]) -> Decision:
        unmatched_for = None
        if decision.verdict == "unmatched" and self._all_compiled():
            unmatched_for = self.pending.unmatched_for(key)
        return self.enforcement.apply(
            decision,
            labels,
            no_policies_for=self.no_policies_for(),
            unmatched_for=unmatched_for,
        )

    def _all_compiled(self) -> bool:
        return self.snapshots.current.catalogue.compiled

    async def _act(self, key: Key, request: Request, decision: Decision, basis: object) -> Result:
        if not self.leadership.leading:
            return Done()  # all requests are reconciled when it leads again
        if decision.verdict == "denied" and self._may_yet_be_bound(key):
            return Done()  # all requests are reconciled when the authorizer has caught up
        if decision.verdict in _WRITTEN:
            await self._write(key, request, decision)
            return Done()
        state: State = "waiting" if decision.verdict == "waiting" else "unmatched"
        self.pending.mark(key, state, None if decision.unasked else basis)
        self.announcer.announce_pending(request, decision)
        if decision.unasked:
            self.late_questions.add(key)
            return Done()  # it is reconciled again when they are answered
        return self._until_grace_is_over(key)

    async def _write(self, key: Key, request: Request, decision: Decision) -> None:
        if not self.signers.admits(request):
            return  # it is reconciled when it is its turn
        try:
            wait = Wait(self.pending.age(key), self.pending.is_held(key))
            await self.writer.write(request, decision, wait)
        except (ForbiddenError, DeadlineError, ServerError) as error:  # as cert-manager's webhook
            self.signers.failed(request, passing=isinstance(error, ServerError))
            self._note_error(key, error, await self._signer_of(request))
        else:
            self.slow_start.succeeded()
            self.signers.succeeded(request)
            self.health.answered()

    async def _signer_of(self, request: Request) -> SignerLookup:
        """Ask how the kind of signer is served, for what is said."""
        try:
            return await self.find_kind(request.issuer.group, request.issuer.kind) or NO_SUCH_KIND
        except KubeError:
            return None

    def _note_error(self, key: Key, error: Exception, signer: SignerLookup = None) -> None:
        self.pending.mark(key, "error")
        if request := self.requests.get(key):
            self.announcer.announce_error(request, error, signer)

    def _may_yet_be_bound(self, key: Key) -> bool:
        """Tell whether there may be a binding that is news to the API server's authorizer."""
        settled = self.authorizer.settled
        return not settled and self.pending.held_for(key) < _BINDING_GRACE_SECONDS

    def _until_grace_is_over(self, key: Key) -> Result:
        """Return when an unmatched request is to be decided all the same, if it ever is."""
        if not self.pending.is_unmatched(key):
            return Done()
        graces = (
            (self.enforcement.unmatched_grace, self.pending.unmatched_for(key)),
            (self.enforcement.no_policies_grace, self.no_policies_for()),
        )
        left = [grace - past for grace, past in graces if grace is not None and past is not None]
        return RequeueAfter(max(min(left), 0)) if left else Done()
