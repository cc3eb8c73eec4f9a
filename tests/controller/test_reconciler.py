"""What becomes of one request: given these policies and this answer of the API server."""

import pytest
from aiohttp import web

from approver import Policy
from approver.controller.workers import Done, RequeueAfter
from approver.kube.errors import TooManyRequestsError, UnreachableError
from approver.model import Condition
from tests.controller.small_world import Server, small_world
from tests.examples import policy, policy_manifest, request

WEB = request("DNS:www.example.com", username="alice", usages=["server auth"])
ALLOWS = policy("allows", allowedDNSNames=["*.example.com"])
FORBIDS = policy("forbids", allowedDNSNames=["*.example.org"])
NOT_READY = policy("not-ready", plugins={"rego": {}}, allowedIsCA=False)
APPROVAL = 'Approved by CertificateRequestPolicy: "allows"'


def refusing(status: int, **headers: str) -> web.Response:
    return web.json_response({"kind": "Status"}, status=status, headers=headers)


async def test_approved_by_a_policy_that_permits_it() -> None:
    server = Server("allows")
    async with small_world(server, WEB, ALLOWS, FORBIDS) as world:
        assert await world.reconcile() == Done()

        assert server.decisions == [("Approved", APPROVAL)]
        counted = {"decision": "approved", "policy": "allows", "enforcement": "enforce"}
        assert world.sample("policy_approver_decisions_total", **counted) == 1


async def test_denied_by_the_policies_that_are_bound() -> None:
    server = Server("forbids")
    async with small_world(server, WEB, ALLOWS, FORBIDS) as world:
        assert await world.reconcile() == Done()

        [(decision, message)] = server.decisions
        assert decision == "Denied"
        assert message.startswith("No policy approved this request: [forbids: spec.allowedDNSNames")
        field = {"policy": "forbids", "field": "spec.allowedDNSNames"}
        assert world.sample("policy_approver_violations_total", **field) == 1


async def test_waiting_for_a_policy_that_is_not_ready() -> None:
    server = Server("not-ready")
    async with small_world(server, WEB, NOT_READY) as world:
        assert await world.reconcile() == Done()

        assert server.decisions == []
        assert world.sample("policy_approver_pending_requests", state="waiting") == 1


async def test_unmatched_is_left_alone() -> None:
    server = Server()
    async with small_world(server, WEB, ALLOWS) as world:
        assert await world.reconcile() == Done()

        assert server.decisions == []
        assert world.sample("policy_approver_pending_requests", state="unmatched") == 1


async def test_unmatched_is_denied_after_its_grace_period() -> None:
    server = Server()
    async with small_world(server, WEB, ALLOWS, unmatched_grace=30) as world:
        assert await world.reconcile() == RequeueAfter(30)
        world.now += 10
        assert await world.reconcile() == RequeueAfter(20)
        assert server.decisions == []

        world.now += 20
        assert await world.reconcile() == Done()
        [(decision, _)] = server.decisions
        assert decision == "Denied"


async def test_a_namespace_that_is_not_known_yet_is_waited_for() -> None:
    server = Server("allows")
    async with small_world(server, WEB, ALLOWS) as world:
        world.labels.clear()
        assert isinstance(await world.reconcile(), RequeueAfter)
        assert server.decisions == []


async def test_a_conflict_is_left_to_the_watch() -> None:
    """The request has changed since it was seen: the watch brings the new state."""
    server = Server("allows")

    async def conflict(_: web.Request) -> web.Response:
        return refusing(409)

    server.on_write = conflict
    async with small_world(server, WEB, ALLOWS) as world:
        assert await world.reconcile() == Done()

        counted = {"decision": "approved", "policy": "allows", "enforcement": "enforce"}
        assert world.sample("policy_approver_decisions_total", **counted) == 0


async def test_a_lost_answer_counts_once_the_watch_shows_the_decision() -> None:
    server = Server("allows")

    async def write_and_hang_up(request: web.Request) -> None:
        assert request.transport
        request.transport.abort()

    server.on_write = write_and_hang_up
    async with small_world(server, WEB, ALLOWS) as world:
        counted = {"decision": "approved", "policy": "allows", "enforcement": "enforce"}
        with pytest.raises(UnreachableError):
            await world.reconcile()
        assert world.sample("policy_approver_decisions_total", **counted) == 0

        world.watch_shows(Condition("Approved", "True", "policy.cert-manager.io", APPROVAL))
        assert world.sample("policy_approver_decisions_total", **counted) == 1
        assert await world.reconcile() == Done()
        assert len(server.decisions) == 1


async def test_an_error_says_when_to_come_back() -> None:
    server = Server("allows")

    async def too_many(_: web.Request) -> web.Response:
        return refusing(429, **{"Retry-After": "7"})

    server.on_write = too_many
    async with small_world(server, WEB, ALLOWS) as world:
        with pytest.raises(TooManyRequestsError) as caught:
            await world.reconcile()
        assert caught.value.retry_after == 7

        world.reconciler.failed(world.key, caught.value)
        assert world.sample("policy_approver_pending_requests", state="error") == 1


async def test_a_policy_that_changes_during_the_review_has_it_reviewed_anew() -> None:
    server = Server("allows")
    async with small_world(server, WEB, ALLOWS) as world:

        async def narrow(_: web.Request) -> None:
            server.on_access = None
            world.change_policies(policy("allows", allowedDNSNames=["*.example.org"]))

        server.on_access = narrow
        assert await world.reconcile() == Done()
        [(decision, _)] = server.decisions
        assert decision == "Denied"


async def test_policies_that_never_stand_still_leave_it_for_later() -> None:
    server = Server("allows")
    async with small_world(server, WEB, ALLOWS) as world:

        async def change(_: web.Request) -> None:
            world.authorizer.invalidate()
            world.change_policies(ALLOWS)

        server.on_access = change
        assert await world.reconcile() == RequeueAfter(0)
        assert server.decisions == []


async def test_leadership_that_is_lost_during_the_review_leaves_it_to_another() -> None:
    server = Server("allows")
    async with small_world(server, WEB, ALLOWS) as world:

        async def lose(_: web.Request) -> None:
            world.standing.leading = False

        server.on_access = lose
        assert await world.reconcile() == Done()
        assert server.decisions == []


async def test_a_denial_waits_while_a_binding_is_news_to_the_authorizer() -> None:
    server = Server("forbids")
    async with small_world(server, WEB, FORBIDS) as world:
        world.reconciler.authorizer.invalidate()
        assert await world.reconcile() == Done()
        assert server.decisions == []

        world.now += 4
        await world.reconcile()
        [(decision, _)] = server.decisions
        assert decision == "Denied"


async def test_what_is_decided_is_not_looked_at_again() -> None:
    server = Server("allows")
    async with small_world(server, WEB, ALLOWS) as world:
        await world.reconcile()
        await world.reconcile()
        assert len(server.decisions) == 1


async def test_a_request_that_is_gone_is_done() -> None:
    server = Server("allows")
    async with small_world(server, WEB, ALLOWS) as world:
        world.watch_shows(None)
        assert await world.reconcile() == Done()
        assert server.decisions == []


async def test_a_decision_that_is_not_ours_is_counted() -> None:
    async with small_world(Server(), WEB, ALLOWS) as world:
        world.watch_shows(Condition("Approved", "True", "cert-manager.io", "by the other one"))
        foreign = {"approver": "cert-manager"}
        assert world.sample("policy_approver_foreign_decisions_total", **foreign) == 1


async def test_unmatched_is_not_denied_before_every_policy_is_compiled() -> None:
    elsewhere = {"namespace": {"matchNames": ["elsewhere"]}}
    manifest = policy_manifest("rules", selector=elsewhere, rules=[{"rule": "true"}])
    server = Server()
    async with small_world(server, WEB, unmatched_grace=30) as world:
        await world.reconcile()
        world.now += 60
        world.change_policies(Policy.read(manifest))
        await world.reconcile()
        assert server.decisions == []


async def test_nothing_is_decided_by_what_may_be_outdated() -> None:
    server = Server("allows")
    async with small_world(server, WEB, ALLOWS) as world:
        world.current = False
        assert isinstance(await world.reconcile(), RequeueAfter)
        assert server.decisions == []

        world.current = True
        await world.reconcile()
        assert server.decisions == [("Approved", APPROVAL)]


async def test_what_has_not_changed_is_not_reviewed_again() -> None:
    server = Server()
    async with small_world(server, WEB, ALLOWS) as world:
        for _ in range(3):
            assert await world.reconcile() == Done()
        assert world.sample("policy_approver_review_seconds_count") == 1

        world.change_policies(ALLOWS, FORBIDS)
        await world.reconcile()
        assert world.sample("policy_approver_review_seconds_count") == 2
        world.reconciler.authorizer.invalidate()
        await world.reconcile()
        assert world.sample("policy_approver_review_seconds_count") == 3


async def test_a_policy_that_roles_and_bindings_do_not_show_is_found_late() -> None:
    server = Server("allows")
    async with small_world(server, WEB, ALLOWS, FORBIDS, shown=[], unmatched_grace=0) as world:
        assert await world.reconcile() == Done()
        assert server.decisions == []  # nobody knows yet that it is unmatched

        while not world.requeued:
            await world.late_questions.reconcile(world.key)
        await world.reconcile()
        assert server.decisions == [("Approved", APPROVAL)]


async def test_what_nobody_may_use_is_unmatched_once_all_was_asked() -> None:
    server = Server()
    async with small_world(server, WEB, ALLOWS, FORBIDS, shown=[], unmatched_grace=0) as world:
        await world.reconcile()
        while not world.requeued:
            await world.late_questions.reconcile(world.key)
        await world.reconcile()
        [(decision, _)] = server.decisions
        assert decision == "Denied"


async def test_a_binding_that_the_server_does_not_confirm_approves_nothing() -> None:
    server = Server()
    async with small_world(server, WEB, ALLOWS, shown=["allows"]) as world:
        await world.reconcile()
        assert server.decisions == []
