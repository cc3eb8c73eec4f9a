"""A resource kept up to date: what it tells, and what it makes of trouble."""

import asyncio
import random

import pytest
from aiohttp import web

from approver.kube.reflector import Reflector
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.kube.watch_stream import WatchTimes
from approver.model.kinds import Kind
from tests.controlplane import etcd
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import CAROL
from tests.controlplane.manifests import Manifest, grant
from tests.controlplane.processes import Process
from tests.kube.following import Restarts, config_map, following, until
from tests.kube.proxy import Proxy

GADGETS = Resource(Kind("example.com", "v1", "Gadget", "gadgets"))

pytestmark = pytest.mark.cluster


async def test_it_tells_what_there_is_and_every_change(
    cluster: ControlPlane, session: Session, namespace: str
) -> None:
    admin = cluster.client()
    admin.create(config_map("a", namespace, "1"))
    async with following(session, namespace) as follower:
        await follower.reflector.synced.wait()
        await follower.see(("a", None, "1"))
        admin.create(config_map("b", namespace, "2"))
        admin.apply(config_map("a", namespace, "3"))
        admin.delete("ConfigMap", "b", namespace)
        await follower.see(("b", None, "2"), ("a", "1", "3"), ("b", "2", None))

        assert follower.kept == {"a": "3"}
        assert follower.reflector.behind_since is None


async def test_only_what_is_to_be_kept_is_remembered(
    cluster: ControlPlane, session: Session, namespace: str
) -> None:
    admin = cluster.client()
    async with following(session, namespace, lambda each: each.data.number < "5") as follower:
        await follower.current()
        admin.create(config_map("a", namespace, "1"))
        admin.create(config_map("b", namespace, "7"))
        admin.apply(config_map("a", namespace, "8"))
        admin.apply(config_map("a", namespace, "9"))
        admin.apply(config_map("b", namespace, "2"))
        await follower.see(
            ("a", None, "1"),
            ("b", None, "7"),
            ("a", "1", "8"),
            ("a", None, "9"),
            ("b", None, "2"),
        )
        assert follower.kept == {"b": "2"}


async def test_an_object_that_cannot_be_read_counts_as_absent(
    cluster: ControlPlane, session: Session, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    admin = cluster.client()
    admin.create(config_map("a", namespace, "not a number"))
    admin.create(config_map("b", namespace, "1"))
    async with following(session, namespace) as follower:
        await follower.see(("a", None, None), ("b", None, "1"))
        assert list(follower.reflector.unreadable) == [(namespace, "a")]
        assert f"configmaps {namespace}/a cannot be read: " in caplog.text

        admin.apply(config_map("b", namespace, "nor this"))
        admin.apply(config_map("a", namespace, "2"))
        await follower.see(("b", "1", None), ("a", None, "2"))
        assert list(follower.reflector.unreadable) == [(namespace, "b")]

        admin.delete("ConfigMap", "b", namespace)
        await follower.see(("b", None, None))
        assert not follower.reflector.unreadable


async def test_long_lists_come_in_pages(
    cluster: ControlPlane, proxy: Proxy, namespace: str
) -> None:
    names = [f"n{number:04}" for number in range(1001)]
    for name in names:
        cluster.client().create(config_map(name, namespace, "1"))
    async with proxy.session() as session, following(session, namespace) as follower:
        await follower.reflector.synced.wait()

        assert sorted(follower.kept) == names
        assert proxy.count("GET", "limit=500&continue=") == 2


async def test_watches_that_the_server_ends_are_followed_by_others(
    cluster: ControlPlane, proxy: Proxy, namespace: str
) -> None:
    restarts = Restarts()
    async with (
        proxy.session(telemetry=restarts) as session,
        following(session, namespace, times=WatchTimes(length=1, too_soon=0.5)) as follower,
    ):
        await follower.current()
        lists = proxy.count("GET", "limit=")
        await until(lambda: proxy.count("GET", "watch=true") > 2)
        cluster.client().create(config_map("a", namespace, "1"))
        await follower.see(("a", None, "1"))

        assert not restarts.causes
        assert proxy.count("GET", "limit=") == lists


async def test_a_watch_that_breaks_goes_on_where_it_was(
    cluster: ControlPlane, proxy: Proxy, namespace: str
) -> None:
    admin, restarts = cluster.client(), Restarts()
    async with (
        proxy.session(telemetry=restarts) as session,
        following(session, namespace) as follower,
    ):
        await follower.current()
        admin.create(config_map("a", namespace, "1"))
        await follower.see(("a", None, "1"))
        lists = proxy.count("GET", "limit=")
        proxy.cut()
        admin.apply(config_map("a", namespace, "2"))
        await follower.see(("a", "1", "2"))

        assert restarts.causes == ["disconnected"]
        assert proxy.count("GET", "limit=") == lists
        await follower.current()


async def test_deletions_missed_while_disconnected_are_told(
    cluster: ControlPlane, proxy: Proxy, namespace: str
) -> None:
    admin, restarts = cluster.client(), Restarts()
    for name in ("a", "b", "c"):
        admin.create(config_map(name, namespace, "1"))
    async with (
        proxy.session(telemetry=restarts) as session,
        following(session, namespace) as follower,
    ):
        await follower.current()
        await follower.see(("a", None, "1"), ("b", None, "1"), ("c", None, "1"))
        proxy.answer = refuse
        proxy.cut()
        await until(lambda: "server_error" in restarts.causes)
        assert follower.reflector.behind_since is not None
        admin.delete("ConfigMap", "a", namespace)
        admin.delete("ConfigMap", "b", namespace)
        admin.create(config_map("b", namespace, "2"))
        proxy.answer = None
        await until(lambda: len(follower.changes) == 3)

        # b is another object now: the old one went, the new one came.
        assert follower.changes == [("b", "1", None), ("b", None, "2"), ("a", "1", None)]
        assert follower.kept == {"b": "2", "c": "1"}


async def test_a_connection_that_stalls_is_noticed(
    cluster: ControlPlane, proxy: Proxy, namespace: str
) -> None:
    restarts = Restarts()
    async with (
        proxy.session(telemetry=restarts) as session,
        following(session, namespace, times=WatchTimes(length=1, late=0.1)) as follower,
    ):
        await follower.current()
        proxy.flows.clear()
        cluster.client().create(config_map("a", namespace, "1"))
        await until(lambda: "silent" in restarts.causes)
        proxy.flows.set()
        await follower.see(("a", None, "1"))


async def test_a_missing_permission_is_said_once_and_awaited(
    cluster: ControlPlane, proxy: Proxy, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    restarts = Restarts()
    async with (
        proxy.session(CAROL, telemetry=restarts) as session,
        following(session, namespace) as follower,
    ):
        await until(lambda: len(restarts.causes) > 3)
        assert set(restarts.causes) == {"forbidden"}
        assert not follower.reflector.synced.is_set()
        (record,) = caplog.records
        assert record.getMessage() == (
            'watching configmaps: 403 Forbidden: configmaps is forbidden: User "carol" cannot '
            'list resource "configmaps" in API group "" at the cluster scope'
        )
        reader = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list", "watch"]}
        cluster.client().apply(*grant(namespace, reader, CAROL))
        await follower.reflector.synced.wait()


async def test_a_resource_that_is_not_there_yet_is_awaited(
    cluster: ControlPlane, proxy: Proxy
) -> None:
    names: list[str] = []
    async with proxy.session() as session:
        reflector = Reflector(
            session, GADGETS, bytes, on_change=lambda key, *_: names.append(key[1])
        )
        task = asyncio.create_task(reflector.run())
        await until(lambda: proxy.count("GET", "gadgets") > 3)
        assert not reflector.synced.is_set()

        cluster.client().apply(definition(GADGETS))
        await reflector.synced.wait()
        gadget = {**GADGETS.kind.header, "metadata": {"name": "a"}}
        cluster.client().call("POST", GADGETS.path(), gadget)
        await until(lambda: names == ["a"])

        # Their deletion with the definition is told, too.
        cluster.client().delete("CustomResourceDefinition", "gadgets.example.com")
        await until(lambda: names == ["a", "a"])
        assert not reflector.cache
        task.cancel()


async def test_a_restart_of_the_api_server_is_survived(
    cluster: ControlPlane, proxy: Proxy, namespace: str
) -> None:
    admin, restarts = cluster.client(), Restarts()
    async with (
        proxy.session(telemetry=restarts) as session,
        following(session, namespace) as follower,
    ):
        await follower.current()
        admin.create(config_map("a", namespace, "1"))
        await follower.see(("a", None, "1"))
        admin.delete("ConfigMap", "a", namespace)
        await follower.see(("a", "1", None))
        await asyncio.to_thread(restart, cluster.api_server)
        await until(lambda: restarts.causes)
        cluster.client().create(config_map("b", namespace, "2"))
        await follower.see(("b", None, "2"))


async def test_after_much_trouble_it_agrees_with_the_server(
    cluster: ControlPlane, proxy: Proxy, namespace: str
) -> None:
    admin, chance = cluster.client(), random.Random(7)  # noqa: S311 - repeatable trouble
    there: dict[str, str] = {}
    told: dict[str, str | None] = {}
    async with proxy.session() as session, following(session, namespace) as follower:
        await follower.current()
        for step in range(150):
            name = f"n{chance.randrange(10)}"
            if name in there and chance.random() < 0.5:
                admin.delete("ConfigMap", name, namespace)
                del there[name]
            else:
                admin.apply(config_map(name, namespace, str(step)))
                there[name] = str(step)
            proxy.answer = refuse if chance.random() < 0.3 else None
            if chance.random() < 0.2:
                proxy.cut()
            await asyncio.sleep(0.005)
        proxy.answer = None
        await until(lambda: follower.kept == there)

    for name, old, new in follower.changes:
        assert told.get(name) == old
        told[name] = new
    assert {name: number for name, number in told.items() if number is not None} == there


async def refuse(_: web.Request) -> web.StreamResponse:
    return web.Response(status=503)


async def test_a_list_that_expires_between_pages_is_begun_again(
    cluster: ControlPlane, proxy: Proxy, namespace: str
) -> None:
    admin, restarts = cluster.client(), Restarts()
    for number in range(501):
        admin.create(config_map(f"n{number:03}", namespace, "1"))

    async def expire(request: web.Request) -> None:
        if "continue" in request.query:
            proxy.answer = None
            admin.delete("ConfigMap", "n007", namespace)
            etcd.compact(cluster)
            # Its watch cache would still know.
            await asyncio.to_thread(restart, cluster.api_server)

    proxy.answer = expire
    async with (
        proxy.session(telemetry=restarts) as session,
        following(session, namespace) as follower,
    ):
        await follower.reflector.synced.wait()

        assert restarts.causes == ["gone"]
        assert len(follower.kept) == 500
        assert follower.changes[-1] == ("n007", "1", None)


def restart(process: Process) -> None:
    process.kill()
    process.start()


def definition(resource: Resource) -> Manifest:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.kind.plural}.{resource.kind.group}"},
        "spec": {
            "group": resource.kind.group,
            "names": {"plural": resource.kind.plural, "kind": resource.kind.name},
            "scope": "Cluster",
            "versions": [
                {"name": resource.kind.version, "served": True, "storage": True, "schema": schema}
            ],
        },
    }
