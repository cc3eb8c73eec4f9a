"""Lists, page by page, and the decoding of what the API server sends."""

from collections.abc import AsyncGenerator
from typing import TypeVar

import msgspec

from approver.kube.errors import TooLargeError, UndecodableError
from approver.kube.resources import Resource
from approver.kube.session import JSON, Session

_PAGE_OBJECTS = 500
_PAGE_METADATA = 2_000  # which are small: fewer answers are waited for on a busy loop
_PAGE_BYTES = 8 << 20  # an object may have 1.5 MB, and a tenant make many of them
_DEADLINE_SECONDS = 30.0  # a page of requests is megabytes

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

_T = TypeVar("_T")


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What we need of the metadata of an object, a bookmark or a page."""

    resource_version: str
    name: str = ""
    namespace: str = ""
    uid: str = ""
    next_page: str = msgspec.field(name="continue", default="")
    remaining_item_count: int = 0


class Page(msgspec.Struct, frozen=True):
    """A part of a list, with the version of the whole."""

    metadata: Metadata
    items: list[msgspec.Raw]


async def pages(
    session: Session, resource: Resource, *, namespace: str = "", accept: str = JSON
) -> AsyncGenerator[Page, None]:
    """Yield the objects of a resource, all or those of a namespace, as of one moment.

    With `accept`, METADATA_ONLY or JSON, only their metadata, or all of them.
    Raise `KubeError`; it is a `GoneError` if the moment has expired before the last page.
    """
    path = resource.path(namespace=namespace)
    most = _PAGE_METADATA if accept == METADATA_ONLY else _PAGE_OBJECTS
    query, limit = dict(resource.selection), most
    while True:
        query["limit"] = str(limit)
        try:
            content = await session.call(
                "GET",
                path,
                query=query,
                deadline=_DEADLINE_SECONDS,
                most_bytes=_PAGE_BYTES if limit > 1 else None,
                headers={"Accept": accept},
            )
        except TooLargeError:
            limit = max(limit // 4, 1)
            continue
        page = read(_PAGE_DECODER, content)
        yield Page(page.metadata, page.items or [])
        if not page.metadata.next_page:
            return
        query["continue"] = page.metadata.next_page
        limit = min(limit * 2, most)


def read(decoder: msgspec.json.Decoder[_T], text: bytes | msgspec.Raw) -> _T:
    """Decode a part of an answer; raise `UndecodableError`."""
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UndecodableError(f"the API server's answer cannot be read: {error}") from error


class _Page(msgspec.Struct):
    metadata: Metadata
    items: list[msgspec.Raw] | None = None  # as an empty list of metadata has it


_PAGE_DECODER = msgspec.json.Decoder(_Page)
