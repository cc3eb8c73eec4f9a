"""HTTP with the TLS, the proxy and the credentials that `kubernetes_asyncio` has found.

Its own `call_api` looks through every header and body on the way, and spends a quarter of the time
of a call on that. What we send is JSON already.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.client.rest import RESTClientObject

_LONGEST_LINE_BYTES = 2 << 20  # that are read ahead, as the library has it: a line of a watch
# Deadlines are the caller's, because they are to hold for the renewal of credentials, too.
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None)


class Transport:
    """`async with Transport(configuration) as transport:` sends requests until the end of it."""

    def __init__(self, configuration: Configuration) -> None:
        self.impersonation: list[tuple[str, str]] = []
        """Headers by which we act as somebody else."""
        self._configuration = configuration
        library = RESTClientObject(configuration)
        connector = library.pool_manager.connector
        library.pool_manager.detach()
        # The library's session looks for a proxy in the environment at every call, and reads
        # ~/.netrc, which costs more than the call.
        self._http = aiohttp.ClientSession(
            connector=connector, read_bufsize=_LONGEST_LINE_BYTES, timeout=_NO_TIMEOUT
        )
        self._options: dict[str, Any] = {
            "proxy": configuration.proxy,
            "proxy_headers": configuration.proxy_headers,
            "server_hostname": configuration.tls_server_name,
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.close()

    @property
    def address(self) -> str:
        """The URL of the API server."""
        return str(self._configuration.host)

    @property
    def namespace(self) -> str:
        """The namespace that we are at home in."""
        return str(getattr(self._configuration, "namespace", "default"))

    async def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> aiohttp.ClientResponse:
        """Return the answer, whatever it is, once its headers are here.

        `path` is percent-encoded, `query` is not. Raise what aiohttp raises, `OSError`, and
        `ConfigException` if credentials cannot be had.
        """
        url = self.address + path
        if query:
            url += "?" + urlencode(query)
        return await self._http.request(
            method,
            url,
            headers=await self._headers(headers),
            data=body,
            allow_redirects=False,  # nobody but this host is asked, or believed
            **self._options,
        )

    async def _headers(
        self, headers: Mapping[str, str]
    ) -> Mapping[str, str] | list[tuple[str, str]]:
        found = {**headers, **await self._credentials()}
        return [*found.items(), *self.impersonation] if self.impersonation else found

    async def _credentials(self) -> dict[str, str]:
        settings: dict[str, dict[str, str]] = await self._configuration.auth_settings()
        # A file of a token often ends with a line break, which HTTP forbids.
        return {setting["key"]: setting["value"].strip() for setting in settings.values()}
