"""The one place where something is sent to the API server.

Every call ends within its deadline, and everything that goes wrong is a `KubeError`. Nothing is
tried again here: only the caller knows what a second attempt would mean.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec
from aiohttp.http import HttpProcessingError
from kubernetes_asyncio.config import ConfigException

from approver.kube.backoff import REAL_TIME, Timing
from approver.kube.connection import connect, one_line
from approver.kube.errors import (
    ConfigurationError,
    DeadlineError,
    DisconnectedError,
    KubeError,
    ServerError,
    SilentError,
    TooLargeError,
    TooManyRequestsError,
    UndecodableError,
    UnreachableError,
    api_error,
)
from approver.kube.health import Health
from approver.kube.telemetry import Telemetry
from approver.kube.transport import Transport

JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"
_APPLY = {"Content-Type": "application/apply-patch+yaml"}  # of which JSON is a part
_JSON_PATCH = {"Content-Type": "application/json-patch+json"}
_NO_HEADERS: Mapping[str, str] = {}
_Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]
_DEADLINE_SECONDS = 10.0  # for a call, all of it; for a stream, until it is open
_USER_AGENT = f"policy-approver/{version('policy-approver')}"


@dataclass(slots=True)
class _Call:
    code: str = "<error>"


class Session:
    """Calls to one API server as one user, with the metrics and the time that go with them."""

    def __init__(
        self,
        transport: Transport,
        telemetry: Telemetry | None = None,
        timing: Timing = REAL_TIME,
    ) -> None:
        self._transport = transport
        self.telemetry = telemetry or Telemetry()
        self.timing = timing
        self.health = Health(timing.clock)
        self.health.on_recovery(self._close_streams)
        self._streams: set[aiohttp.ClientResponse] = set()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        kubeconfig: Path | None = None,
        context: str | None = None,
        *,
        telemetry: Telemetry | None = None,
        user: str | None = None,
        groups: Iterable[str] = (),
    ) -> AsyncIterator[Self]:
        """Connect as `approver.kube.connection.connect` finds its way; close at the end.

        With a `user`, act as that one, in these `groups`: whoever we are needs the right to.
        """
        async with await connect(kubeconfig, context) as transport:
            if user:
                transport.impersonation = [("Impersonate-User", user)]
                transport.impersonation += [("Impersonate-Group", group) for group in groups]
            yield cls(transport, telemetry)

    @property
    def address(self) -> str:
        """The URL of the API server."""
        return self._transport.address

    @property
    def namespace(self) -> str:
        """The namespace that we are at home in."""
        return self._transport.namespace

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: _Body | None = None,
        deadline: float = _DEADLINE_SECONDS,
        most_bytes: int | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> bytes:
        """Return the body of the answer; raise `KubeError` unless it is a success.

        `path` is percent-encoded, `query` is not. `deadline` is in seconds, for all of it. A body
        of more than `most_bytes` is a `TooLargeError`. What is sent and wanted is JSON, and a PATCH
        a merge patch, unless `headers` say otherwise.
        """
        with self._observed(method, deadline) as call:
            async with asyncio.timeout(deadline):
                response = await self._send(method, path, query, body, headers)
                call.code = str(response.status)
                content = await _content(response, most_bytes)
        self.health.answered()
        return content

    async def apply(self, path: str, manifest: Mapping[str, Any], manager: str) -> bytes:
        """Apply a manifest on the server, as a field manager, also over what others have written.

        Return the object. Raise `KubeError`. Unlike POST, this can be permitted by a name.
        """
        query = {"fieldManager": manager, "force": "true"}
        return await self.call("PATCH", path, query=query, body=manifest, headers=_APPLY)

    async def patch(
        self, path: str, operations: Sequence[Mapping[str, Any]], manager: str
    ) -> bytes:
        """Change an object by a JSON patch, as a field manager; return it. Raise `KubeError`."""
        query = {"fieldManager": manager}
        return await self.call("PATCH", path, query=query, body=operations, headers=_JSON_PATCH)

    @asynccontextmanager
    async def stream(
        self, path: str, *, query: Mapping[str, str], lifetime: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a stream of lines, such as a watch; every line that it yields is a whole one.

        It ends when the server ends it. `SilentError` is raised if that has not happened within
        `lifetime` seconds, `DisconnectedError` if the connection breaks, or must be believed dead
        since the server was silent meanwhile.
        """
        with self._observed("GET", _DEADLINE_SECONDS) as call:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                response = await self._send("GET", path, query, None)
                call.code = str(response.status)
                if not _is_success(response):
                    await _content(response)
        self.health.answered()
        self._streams.add(response)
        try:
            async with response, aclosing(self._lines(response, lifetime)) as lines:
                try:
                    yield lines
                finally:
                    hang_up(response)
        finally:
            self._streams.discard(response)

    def _close_streams(self, silent: bool) -> None:  # noqa: FBT001 - what listeners are told
        if silent:
            for response in self._streams:
                response.close()

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: _Body | None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> aiohttp.ClientResponse:
        sent = {
            "Accept": JSON,
            # To compress a list takes the server, and us, longer than to send it.
            "Accept-Encoding": "identity",
            "Content-Type": _MERGE_PATCH if method == "PATCH" else JSON,
            "User-Agent": _USER_AGENT,
            **headers,
        }
        content = None if body is None else msgspec.json.encode(body)
        return await self._transport.send(method, path, query or {}, sent, content)

    @contextmanager
    def _observed(self, method: str, deadline: float) -> Iterator[_Call]:
        """Tell how a call went, and turn what the libraries raise into our errors."""
        call, began = _Call(), self.timing.clock()
        try:
            with self._explained(method, deadline):
                yield call
        except KubeError as error:
            code = "<error>" if isinstance(error, UnreachableError) else call.code
            self.telemetry.answered(method, code, self.timing.clock() - began)
            raise
        self.telemetry.answered(method, call.code, self.timing.clock() - began)

    @contextmanager
    def _explained(self, method: str, deadline: float) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            if method != "PATCH":  # on which a webhook may hang, as on any write of its kind
                self.health.failed(silent=True)
            message = f"{self.address}: no answer within {deadline:g} s"
            raise DeadlineError(message) from error
        except (ServerError, TooManyRequestsError):
            if method != "PATCH":  # which a webhook may have failed, while all else goes well
                self.health.failed(silent=False)
            raise
        except (aiohttp.ClientError, OSError) as error:
            self.health.failed(silent=False)
            raise UnreachableError(f"{self.address}: {_core(error)}") from error
        except ConfigException as error:
            raise ConfigurationError(one_line(error)) from error

    async def _lines(
        self, response: aiohttp.ClientResponse, lifetime: float
    ) -> AsyncGenerator[bytes, None]:
        end = asyncio.get_running_loop().time() + lifetime
        while True:
            try:
                async with asyncio.timeout_at(end):
                    line = await response.content.readline()
            except TimeoutError as error:
                message = f"{self.address}: the stream did not end within {lifetime:g} s"
                raise SilentError(message) from error
            except (aiohttp.ClientError, OSError) as error:
                raise DisconnectedError(f"{self.address}: {_core(error)}") from error
            except (ValueError, HttpProcessingError) as error:
                raise UndecodableError(f"{self.address}: {_core(error)}") from error
            if not line.endswith(b"\n"):  # the end, perhaps after a part of a line
                return
            yield line


async def _content(response: aiohttp.ClientResponse, most_bytes: int | None = None) -> bytes:
    async with response:
        parts, left = [], most_bytes
        async for part in response.content.iter_any():
            parts.append(part)
            if left is not None and (left := left - len(part)) < 0:
                hang_up(response)
                raise TooLargeError(f"an answer of more than {most_bytes} bytes")
        content = b"".join(parts)
    if _is_success(response):
        return content
    raise api_error(response.status, content, response.headers.get("Retry-After"))


def _is_success(response: aiohttp.ClientResponse) -> bool:
    return response.status // 100 == 2  # noqa: PLR2004 - a redirect is none


def hang_up(response: aiohttp.ClientResponse) -> None:
    """Abort the connection of a stream that goes on: nobody would wait for TLS's close_notify."""
    if response.connection and response.connection.transport:
        response.connection.transport.abort()


def _core(error: Exception) -> str:
    """Return what was wrong, without the repetition of the address and the TLS settings."""
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    return one_line(inner or error)
