"""Very many requests put past the API server straight into etcd: at once, and at no cost to it."""

import base64
import itertools
import json
import uuid
from collections.abc import Mapping, Sequence

from tests.controlplane.etcd import Call
from tests.controlplane.manifests import Manifest

_REQUESTS = "/registry/cert-manager.io/certificaterequests/"
_EVENTS = "/registry/events/"
_BATCH = 100  # etcd takes no more than 128 at a time


class Stock:
    """Puts and removes requests; whoever lists or watches sees it."""

    def __init__(self, etcd: Call) -> None:
        self._etcd = etcd

    def take(self, namespace: str, name: str) -> Manifest:
        """Return a request as it is stored, to make copies of."""
        found = self._etcd("range", {"key": _encode(f"{_REQUESTS}{namespace}/{name}")})
        stored: Manifest = json.loads(base64.b64decode(found["kvs"][0]["value"]))
        return stored

    def put(self, request: Manifest, homes: Sequence[str], prefix: str, number: int) -> None:
        """Put so many copies of a request into namespaces, one after the other."""
        copies = (
            _copy(request, homes[index % len(homes)], f"{prefix}-{index}")
            for index in range(number)
        )
        while batch := list(itertools.islice(copies, _BATCH)):
            self._etcd("txn", {"success": [{"requestPut": copy} for copy in batch]})

    def clear(self) -> None:
        """Remove all requests, and all events."""
        for prefix in (_REQUESTS, _EVENTS):
            last = prefix[:-1] + chr(ord(prefix[-1]) + 1)
            self._etcd("deleterange", {"key": _encode(prefix), "range_end": _encode(last)})


def _copy(request: Manifest, namespace: str, name: str) -> Mapping[str, str]:
    own = {"namespace": namespace, "name": name, "uid": str(uuid.uuid4())}
    copy = {**request, "metadata": {**request["metadata"], **own}}
    key = f"{_REQUESTS}{namespace}/{name}"
    return {"key": _encode(key), "value": _encode(json.dumps(copy))}


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
