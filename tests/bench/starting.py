"""What an approver needs where very many requests have been decided already."""

import asyncio
import base64
import itertools
import json
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping

import httpx

from tests.bench.crowd import Crowd
from tests.bench.draining import HOME
from tests.bench.evidence import Record
from tests.chaos.fleet import resident
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER
from tests.running import ROOT, Approver

_BATCH = 100  # etcd takes no more than 128 at a time
_CHECKS = 7
_CALM = 3.0  # seconds


async def measure(cluster: ControlPlane, crowd: Crowd, name: str) -> Mapping[str, float]:
    """Return MiB of memory, and seconds from its start to the decision on a request."""
    await crowd.ask(HOME, name)
    record = Record(cluster)
    started = time.time()
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        approver.wait_for_line("request approved")
        await asyncio.sleep(_CALM)
        memory = resident(approver.pid)
        approver.stop()
    first = min(deed.at for deed in record.deeds() if deed.what == "decided")
    return {"memory": memory, "first decision": first - started}


def fill(cluster: ControlPlane, template: str, number: int) -> None:
    """Put so many more decided requests into etcd, copies of one that was decided."""
    keys = (f"copy-{uuid.uuid4().hex[:12]}" for _ in range(number))
    socket = httpx.HTTPTransport(uds=str(cluster.directory / "etcd.sock"))
    with httpx.Client(transport=socket, base_url="http://etcd", timeout=60) as etcd:
        stored = _stored(etcd, HOME, template)
        while batch := list(itertools.islice(keys, _BATCH)):
            puts = [{"requestPut": _copy(stored, name)} for name in batch]
            etcd.post("/v3/kv/txn", json={"success": puts}).raise_for_status()


def check() -> float:
    """Return the seconds that `approver check` of one file takes, from start to exit."""
    files = ["policies/minio.yaml", "tests/demo/certificates.yaml"]
    command = [sys.executable, "-m", "approver", "check", *files]
    seconds = []
    for _ in range(_CHECKS):
        start = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=30)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _stored(etcd: httpx.Client, namespace: str, name: str) -> Mapping[str, str]:
    key = f"/registry/cert-manager.io/certificaterequests/{namespace}/{name}"
    found = etcd.post("/v3/kv/range", json={"key": _encode(key)}).raise_for_status().json()
    return {"key": key, "value": base64.b64decode(found["kvs"][0]["value"]).decode()}


def _copy(stored: Mapping[str, str], name: str) -> Mapping[str, str]:
    copy = json.loads(stored["value"])
    copy["metadata"] |= {"name": name, "uid": str(uuid.uuid4())}
    key = stored["key"].rpartition("/")[0] + f"/{name}"
    return {"key": _encode(key), "value": _encode(json.dumps(copy))}


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
