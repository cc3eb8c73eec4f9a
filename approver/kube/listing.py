"""Lists, page by page, and the decoding of what the API server sends."""

from collections.abc import AsyncGenerator
from typing import TypeVar

import msgspec

from approver.kube.errors import UndecodableError
from approver.kube.resources import Resource
from approver.kube.session import Session

_PAGE_OBJECTS = 500
_DEADLINE_SECONDS = 30.0  # a page of requests is megabytes

_T = TypeVar("_T")


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What we need of the metadata of an object, a bookmark or a page."""

    resource_version: str
    name: str = ""
    namespace: str = ""
    uid: str = ""
    next_page: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct, frozen=True):
    """A part of a list, with the version of the whole."""

    metadata: Metadata
    items: list[msgspec.Raw]


async def pages(
    session: Session, resource: Resource, *, namespace: str = ""
) -> AsyncGenerator[Page, None]:
    """Yield the objects of a resource, all or those of a namespace, as of one moment.

    Raise `KubeError`; it is a `GoneError` if the moment has expired before the last page.
    """
    path = resource.path(namespace=namespace)
    query = {"limit": str(_PAGE_OBJECTS), **resource.selection}
    while True:
        page = read(
            _PAGE_DECODER, await session.call("GET", path, query=query, deadline=_DEADLINE_SECONDS)
        )
        yield page
        if not page.metadata.next_page:
            return
        query["continue"] = page.metadata.next_page


def read(decoder: msgspec.json.Decoder[_T], text: bytes | msgspec.Raw) -> _T:
    """Decode a part of an answer; raise `UndecodableError`."""
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UndecodableError(f"the API server's answer cannot be read: {error}") from error


_PAGE_DECODER = msgspec.json.Decoder(Page)
