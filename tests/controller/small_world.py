"""A reconciler without a cluster: what it knows is given, and a stub answers in the API's place."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from approver import Policy, Request
from approver.controller.access_hints import AccessHints
from approver.controller.announcer import Announcer
from approver.controller.late_questions import LateQuestions
from approver.controller.pending import Pending
from approver.controller.reconciler import Reconciler
from approver.controller.reviewer import Reviewer
from approver.controller.signers import Signers
from approver.controller.slow_start import SlowStart
from approver.controller.snapshot import Snapshot, Snapshots
from approver.controller.workers import Result
from approver.controller.writer import Writer
from approver.kube.authorizer import Authorizer
from approver.kube.discovery import Discovery
from approver.kube.events import EventWriter
from approver.kube.health import Health
from approver.kube.session import Session
from approver.model import Condition, ObjectMeta, Requester
from approver.ops.metrics import Metrics
from approver.rbac import Binding, Bindings, PolicyRule, Role, RoleRef, Subject
from approver.review import Catalogue, Enforcement
from approver.review.examine import read_or_reason
from approver.rules import Activation, Answer, CelRule, Flaw, Question
from tests.kube.stub import answering

Handle = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class Standing:
    """Leads, for as long as the test says so."""

    leading = True
    steady = True


class NoRules:
    """The engine of policies without rules."""

    async def compile(self, rules: Any) -> dict[CelRule, Flaw | None]:  # noqa: ANN401 - rules
        raise AssertionError(rules)

    async def ask(self, questions: Any, _: Activation) -> dict[Question, Answer]:  # noqa: ANN401 - questions
        raise AssertionError(questions)


class SmallWorld:
    """One request, some policies, and an API server that answers as the test says.

    `bound` are the policies that the requester may use. `on_access` and `on_write` are awaited
    before an access review and a write are answered; what they return is the answer instead.
    """

    def __init__(
        self,
        session: Session,
        request: Request,
        policies: Iterable[Policy],
        enforcement: Enforcement,
        bindings: Bindings,
    ) -> None:
        self.key = (request.namespace, request.name)
        self.requests = {self.key: request}
        self.policies = list(policies)
        self.labels: dict[str, dict[str, str]] = {request.namespace: {}}
        self.standing = Standing()
        self.current = True
        self.no_policies_for = 0.0
        self.now = 1000.0
        self.requeued: list[tuple[str, str]] = []
        self.metrics = Metrics()
        self.pending = Pending(lambda: self.now)
        self.pending.add(self.key)
        self.events = EventWriter(session)
        self.snapshots = Snapshots(
            lambda: Snapshot(lambda: Catalogue(self.policies), self.labels.get)
        )
        announcer = Announcer(self.events, self.metrics, read_or_reason)
        authorizer = self.authorizer = Authorizer(session)
        hints = AccessHints(bindings, lambda: authorizer.drops)
        reviewer = Reviewer(authorizer, hints, NoRules(), self.metrics)
        self.late_questions = LateQuestions(
            self.requests,
            self.snapshots,
            reviewer,
            jitter=lambda: 1.0,
            on_answered=self.requeued.append,
        )
        self.reconciler = Reconciler(
            requests=self.requests,
            snapshots=self.snapshots,
            reviewer=reviewer,
            late_questions=self.late_questions,
            authorizer=authorizer,
            enforcement=enforcement,
            prove_current=self._prove_current,
            find_kind=Discovery(session).find,
            no_policies_for=lambda: None if self.policies else self.no_policies_for,
            leadership=self.standing,
            pending=self.pending,
            writer=Writer(session, announcer, self.metrics, self.standing),
            slow_start=SlowStart(),
            announcer=announcer,
            signers=Signers(self.requeued.append, lambda: 1.0),
            health=Health(lambda: self.now),
        )

    async def _prove_current(self) -> bool:
        return self.current

    async def reconcile(self) -> Result:
        return await self.reconciler.reconcile(self.key)

    def change_policies(self, *policies: Policy) -> None:
        """Do as the watch does when policies have changed."""
        self.policies = list(policies)
        self.snapshots.renew()

    def watch_shows(self, condition: Condition | None) -> None:
        """Do as the watch does when the request is decided, or gone."""
        request = self.requests.pop(self.key)
        self.pending.remove(self.key)
        self.reconciler.closed(self.key, request, condition)

    def sample(self, name: str, **labels: str) -> float:
        """Read a sample of the metrics; 0 if there is none."""
        self.pending.report(self.metrics, leading=True)
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


class Server:
    """Answers access reviews and writes; `written` are the conditions of the latter."""

    def __init__(self, *bound: str) -> None:
        self.bound = set(bound)
        self.written: list[dict[str, Any]] = []
        self.on_access: Handle | None = None
        self.on_write: Handle | None = None

    @property
    def decisions(self) -> list[tuple[str, str]]:
        """The type and the message of each condition that was written."""
        return [(condition["type"], condition["message"]) for condition in self.written]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = msgspec.json.decode(await request.read())
        if request.path.endswith("/subjectaccessreviews"):
            handled = await self.on_access(request) if self.on_access else None
            name = body["spec"]["resourceAttributes"]["name"]
            return handled or web.json_response({"status": {"allowed": name in self.bound}})
        handled = await self.on_write(request) if self.on_write else None
        if handled is None or handled.status == 200:
            self.written.extend(body["status"]["conditions"])
        return handled or web.json_response({})


@asynccontextmanager
async def small_world(
    server: Server,
    request: Request,
    *policies: Policy,
    shown: Collection[str] | None = None,
    **enforcement: Any,  # noqa: ANN401 - of an Enforcement
) -> AsyncIterator[SmallWorld]:
    """Open the world of a request. Roles and bindings show it the `shown` policies, or all."""
    async with answering(server.answer) as session:
        bindings = binding_to(request.requester, shown)
        yield SmallWorld(session, request, policies, Enforcement(**enforcement), bindings)


def binding_to(requester: Requester, names: Collection[str] | None) -> Bindings:
    """Let somebody use policies of these names, or all."""
    if names is not None and not names:
        return Bindings()
    metadata = ObjectMeta(name="use")
    rule = PolicyRule(
        verbs=("use",),
        api_groups=("policy.cert-manager.io",),
        resources=("certificaterequestpolicies",),
        resource_names=tuple(names or ()),
    )
    subject = Subject("User", requester.username)
    reference = RoleRef("ClusterRole", "use")
    return Bindings(
        [
            ("ClusterRole", Role(metadata, (rule,))),
            ("ClusterRoleBinding", Binding(metadata, reference, (subject,))),
        ]
    )
