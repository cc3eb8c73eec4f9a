"""What is to be done is found in a long list before all of it has come."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from aiohttp import web

from approver.kube.first_look import first_look
from approver.kube.reflector import Reflector
from approver.kube.resources import CERTIFICATE_REQUESTS
from approver.kube.session import Session
from approver.model import MetadataOnly, Request
from tests.controlplane.client import Client
from tests.controlplane.manifests import certificate_request
from tests.kube.stub import answering

COLUMNS = ["Name", "Approved", "Denied", "Ready"]


@pytest.mark.cluster
async def test_the_requests_that_nobody_has_decided(
    session: Session, admin: Client, namespace: str
) -> None:
    for name in ("approved", "denied", "open"):
        admin.create(certificate_request(name, namespace))
    for name, word in (("approved", "Approved"), ("denied", "Denied")):
        decision = {"type": word, "status": "True", "reason": "test", "message": "by a test"}
        status = {"status": {"conditions": [decision]}}
        admin.patch("CertificateRequest", name, status, namespace, subresource="status")

    found = [
        msgspec.json.decode(raw, type=Request)
        async for raw in first_look(session, CERTIFICATE_REQUESTS)
    ]

    assert {each.name for each in found if each.namespace == namespace} == {"open"}


def manifest(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "7"}}


class LongList:
    """Two pages of requests, the second of which comes only when it may; `open` is on it."""

    def __init__(self, rows: list[list[str | None]], columns: list[str] | None = None) -> None:
        self.first_page, self.second_page = asyncio.Event(), asyncio.Event()
        self._table = {
            "columnDefinitions": [{"name": name} for name in columns or COLUMNS],
            "rows": [{"cells": row} for row in rows],
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if "as=Table" in request.headers["Accept"]:
            return web.json_response(self._table)
        if "watch" in request.query:
            await asyncio.Event().wait()
        if "fieldSelector" in request.query:
            return self._page(["open"])
        if "continue" in request.query:
            await self.second_page.wait()
            return self._page(["open", "z"])
        self.first_page.set()
        return self._page(["a"], **{"continue": "more"}, remainingItemCount=9_000)

    @staticmethod
    def _page(names: list[str], **metadata: Any) -> web.Response:  # noqa: ANN401 - of a list
        items = [manifest(name) for name in names]
        text = json.dumps({"metadata": {"resourceVersion": "7", **metadata}, "items": items})
        return web.Response(text=text, content_type="application/json")


async def names_before_the_second_page(server: LongList) -> tuple[list[str], int]:
    """Return what is told before the second page has come, and the count of all in the end."""
    told: list[str] = []
    async with answering(server.answer) as session:
        reflector = Reflector(
            session,
            CERTIFICATE_REQUESTS,
            msgspec.json.Decoder(MetadataOnly).decode,
            on_change=lambda key, *_: told.append(key[1]),
        )
        running = asyncio.create_task(reflector.run())
        await server.first_page.wait()
        await asyncio.sleep(0.2)
        before = list(told)
        server.second_page.set()
        await reflector.synced.wait()
        running.cancel()
        await asyncio.wait([running])
        return before, sum(reflector.counts.values())


async def test_it_is_told_of_before_the_list_has_come_to_it_and_counted_once() -> None:
    server = LongList([["a", "True", None, "True"], ["open", None, "", None]])
    assert await names_before_the_second_page(server) == (["a", "open"], 3)


async def test_without_such_columns_it_comes_with_the_list() -> None:
    server = LongList([["a"], ["open"]], ["Name"])
    assert await names_before_the_second_page(server) == (["a"], 3)


async def test_where_there_are_many_they_come_with_the_list() -> None:
    server = LongList([[f"open-{number}", None, None, None] for number in range(1_000)])
    assert await names_before_the_second_page(server) == (["a"], 3)
