"""Requests changed at random and signed again, so that a reader must judge what was changed."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.x509 import build


@dataclass
class Node:
    """An element that can be changed: its content is nodes if it reads as elements, or bytes."""

    tag: int
    content: "bytes | list[Node]"

    def encode(self) -> bytes:
        if isinstance(self.content, bytes):
            return build.element(self.tag, self.content)
        return build.element(self.tag, *(node.encode() for node in self.content))


def info_of(der: bytes) -> bytes:
    """Return the part of a request that is signed."""
    match elements(der):
        case [Node(content=[Node() as info, *_])]:
            return info.encode()
        case _:
            return der


def mutated(rng: random.Random, infos: Sequence[bytes]) -> bytes:
    """Change one of these CertificationRequestInfos, and return the PEM of a request with it.

    Most changes keep the lengths right, graft parts of another one onto it, or put in what
    readers stumble over; the key is one that signs.
    """
    signer = build.ed25519_signer()
    roots = elements(rng.choice(infos)) or [Node(0x30, [])]
    _give_key(roots[0], signer.key)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if places := _places(roots):
            siblings, index = rng.choice(places)
            rng.choice(_CHANGES)(rng, siblings, index, rng.choice(infos))
    info = b"".join(node.encode() for node in roots)
    if rng.random() < 0.1:
        info = _flipped(rng, info)
    der = build.signed(info, signer)
    if rng.random() < 0.05:
        der = _flipped(rng, der)
    pem = build.pem(der)
    return _flipped(rng, pem) if rng.random() < 0.05 else pem


def _give_key(root: Node, key: bytes) -> None:
    if isinstance(root.content, list) and len(root.content) > 2:
        root.content[2:3] = elements(key) or []


def elements(data: bytes) -> list[Node] | None:
    """Read elements, if that is what these bytes are from the first to the last."""
    nodes, position = [], 0
    while position < len(data):
        if position + 2 > len(data):
            return None
        tag, length = data[position], data[position + 1]
        start = position + 2
        if length >= 0x80:
            start += length - 0x80
            length = int.from_bytes(data[position + 2 : start], "big")
        position = start + length
        if position > len(data):
            return None
        content = data[start:position]
        inner = elements(content) if tag & 0x20 or tag == 0x04 else None
        nodes.append(Node(tag, content if inner is None else inner))
    return nodes


def _places(nodes: list[Node]) -> list[tuple[list[Node], int]]:
    """Return where each node is: the list that holds it, and its index."""
    found = []
    for index, node in enumerate(nodes):
        found.append((nodes, index))
        if isinstance(node.content, list):
            found += _places(node.content)
    return found


def _drop(_: random.Random, siblings: list[Node], index: int, __: bytes) -> None:
    del siblings[index]


def _repeat(_: random.Random, siblings: list[Node], index: int, __: bytes) -> None:
    siblings.insert(index, siblings[index])


def _swap(rng: random.Random, siblings: list[Node], index: int, _: bytes) -> None:
    other = rng.randrange(len(siblings))
    siblings[index], siblings[other] = siblings[other], siblings[index]


def _retag(rng: random.Random, siblings: list[Node], index: int, _: bytes) -> None:
    node = siblings[index]
    tag = rng.choice((node.tag ^ 0x20, *_TAGS, rng.randrange(256)))
    siblings[index] = Node(tag, node.content)


def _wrap(rng: random.Random, siblings: list[Node], index: int, _: bytes) -> None:
    siblings[index] = Node(rng.choice(_TAGS), [siblings[index]])


def _sort(_: random.Random, siblings: list[Node], __: int, ___: bytes) -> None:
    siblings.sort(key=Node.encode)


def _graft(rng: random.Random, siblings: list[Node], index: int, info: bytes) -> None:
    others, other = rng.choice(_places(elements(info) or [Node(0x30, [])]))
    siblings[index : index + rng.randrange(2)] = [others[other]]


def _insert(rng: random.Random, siblings: list[Node], index: int, _: bytes) -> None:
    siblings.insert(index + rng.randrange(2), Node(rng.choice(_TAGS), rng.choice(_CONTENTS)))


def _fill(rng: random.Random, siblings: list[Node], index: int, _: bytes) -> None:
    node = siblings[index]
    content = node.content
    if isinstance(content, list):
        siblings[index] = Node(node.tag, rng.choice(_CONTENTS))
        return
    at = rng.randrange(len(content) + 1)
    cut = rng.choice((0, 0, 1, len(content)))
    siblings[index] = Node(node.tag, content[:at] + rng.choice(_CONTENTS) + content[at + cut :])


def _flip(rng: random.Random, siblings: list[Node], index: int, _: bytes) -> None:
    node = siblings[index]
    if isinstance(node.content, bytes):
        siblings[index] = Node(node.tag, _flipped(rng, node.content))


def _flipped(rng: random.Random, data: bytes) -> bytes:
    """Change, insert or remove a few bytes."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(changed) + 1)
        changed[at : at + rng.randrange(2)] = rng.randbytes(rng.randrange(3))
    return bytes(changed)


Change = Callable[[random.Random, list[Node], int, bytes], None]
_CHANGES: Final[tuple[Change, ...]] = (
    _drop,
    _repeat,
    _swap,
    _retag,
    _wrap,
    _sort,
    _graft,
    _graft,
    _insert,
    _fill,
    _fill,
    _flip,
)
_TAGS: Final = (
    *(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E),
    *(0x24, 0x2C, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0x87, 0x88, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4),
    *(0xA5, 0xA6, 0xA7, 0x42, 0xC2, 0x1F),
)
_CONTENTS: Final = (
    *(b"", b"\x00", b"\xff", b"\x00\x00", b"\x00\x80", b"\xff\xff", b"\x80", b"\x80\x01", b"\x7f"),
    *(
        b"*",
        b" ",
        b"@",
        b"&",
        b"\n",
        b"\xc3\xbc",
        b"\xe9",
        b"\xd8\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
    ),
    *(
        b"\x07\x80",
        b"\x05\xa0",
        b"\x06\xa0",
        b"\x0a\x00\x00\x01",
        bytes(10) + b"\xff\xff\x0a\x00\x00\x01",
    ),
    *(b"HTTP", b"://", b"%", b"%41", b"#", b"[::1]", b"//", b":", b"?", b"https://a@b/%2F?q#f"),
    *(
        b"\x55\x1d\x11",
        b"\x55\x1d\x13",
        b"\x55\x1d\x1e",
        b"\x55\x04\x03",
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e",
    ),
)
