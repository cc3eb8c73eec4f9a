"""etcd itself, past the API server."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from tests.controlplane.controlplane import ControlPlane

_SECONDS = 60
Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]


@contextmanager
def etcd_of(cluster: ControlPlane) -> Iterator[Call]:
    """Give what sends a request, such as `range` or `txn`, to the etcd of a cluster."""
    socket = httpx.HTTPTransport(uds=str(cluster.directory / "etcd.sock"))
    with httpx.Client(transport=socket, base_url="http://etcd", timeout=_SECONDS) as client:

        def call(what: str, body: Mapping[str, Any]) -> dict[str, Any]:
            answer: dict[str, Any] = (
                client.post(f"/v3/kv/{what}", json=body).raise_for_status().json()
            )
            return answer

        yield call


def compact(cluster: ControlPlane) -> None:
    """Let it forget all versions of objects but the present ones."""
    with etcd_of(cluster) as etcd:
        revision = etcd("range", {"key": "AA=="})["header"]["revision"]
        etcd("compaction", {"revision": revision, "physical": True})
