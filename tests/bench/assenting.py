"""A webhook that says yes to all: what calling any costs the API server, and its caller.

It is run as a process, `python -m tests.bench.assenting PORT FILE`, with a certificate and its key
in the file.
"""

import asyncio
import base64
import re
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.controlplane import Client, pki
from tests.controlplane.processes import ProcessGroup
from tests.webhook.served import HOST, VALUES, configuration, free_port

ASSENT = "assented"
"""What it warns of."""

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_UID = re.compile(rb'"uid":"([^"]+)"')
_YES = (
    b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",'
    b'"response":{"uid":"%s","allowed":true,"warnings":["%s"]}}'
)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


@contextmanager
def assenting(admin: Client) -> Iterator[None]:
    """Have such a webhook called for policies until the end of the block."""
    port, group = free_port(), ProcessGroup()
    authority = pki.Authority("assenting")
    bundle = base64.b64encode(authority.pair.certificate.encode())
    pair = authority.issue("assenting", f"IP:{HOST}")
    file = group.directory / "pair.pem"
    file.write_text(pair.certificate + pair.key)
    called = configuration(port, VALUES, failurePolicy="Fail")
    called["metadata"]["name"] = "assenting"  # so that the approver puts no CAs of its own there
    called["webhooks"] = [hook for hook in called["webhooks"] if hook["failurePolicy"] == "Fail"]
    for hook in called["webhooks"]:
        hook["clientConfig"]["caBundle"] = bundle.decode()
    try:
        command = [sys.executable, "-m", "tests.bench.assenting", str(port), str(file)]
        group.spawn(command, group.directory / "log", cwd=Path.cwd())
        admin.apply(called)
        yield
    finally:
        admin.delete("ValidatingWebhookConfiguration", "assenting")
        group.kill()


class _Assenting(asyncio.Protocol):
    """Looks for the length and the uid, and for nothing else."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(_HEAD_END)
        if not end or not (length := _LENGTH.search(head)) or len(rest) < int(length[1]):
            return
        self._received = rest[int(length[1]) :]
        if uid := _UID.search(rest):
            body = _YES % (uid[1], ASSENT.encode())
            self._transport.write(_ANSWER % (len(body), body))


async def _serve(port: int, file: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Assenting, HOST, port, ssl=context)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
