"""Where a server listens, and what it says if it cannot."""

import asyncio
import errno
import socket
from typing import Any

import pytest

from approver.ops.endpoints import AddressError, health_page, serve
from approver.ops.server import Server

REAL = socket.create_server


def without_ipv6(address: tuple[str, int], **options: Any) -> socket.socket:  # noqa: ANN401 - of the real one
    if options["family"] == socket.AF_INET6:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    return REAL(address, **options)


async def test_all_addresses_are_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPv6 may be off."""
    monkeypatch.setattr(socket, "create_server", without_ipv6)
    server = Server(asyncio.Protocol, None, 0)
    assert server.address[0] == "0.0.0.0"  # noqa: S104 - where it listens
    await server.close()


async def test_a_server_that_can_listen_nowhere_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_server", without_ipv6)
    with pytest.raises(OSError, match="not supported"):
        Server(asyncio.Protocol, "::1", 0)


async def test_a_host_that_does_not_exist_is_no_address() -> None:
    with pytest.raises(AddressError, match=r"no\.invalid:0: .*(not known|resolution)"):
        async with serve("probes", "no.invalid:0", {"/": health_page}):
            pass
