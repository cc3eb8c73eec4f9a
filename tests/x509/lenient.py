"""A request without the liberties that we allow it, for readers that do not allow them.

They are forms of what is compared or dropped, and whose bytes never reach a certificate.
"""

import base64
import contextlib

from approver.x509 import KNOWN_EXTENSIONS
from tests.x509 import build
from tests.x509.mutate import Node, elements

_EXTENSION_REQUEST = build.oid(build.EXTENSION_REQUEST)
_NO_VALUE = [Node(0x05, b"")]
_DROPPED = {build.SUBJECT_KEY_IDENTIFIER: [Node(0x04, b"")]}
_KNOWN = {build.oid(kind): kind for kind in KNOWN_EXTENSIONS}


def strict(pem: bytes) -> bytes:
    """Write a request that is read anew, in its strictest form; its signature is then wrong."""
    body = b"".join(pem.split(b"-----")[2].split())
    tree = elements(base64.b64decode(body)) or []
    with contextlib.suppress(ValueError, IndexError, TypeError):
        _mend(tree[0])
    return build.pem(b"".join(node.encode() for node in tree))


def _mend(request: Node) -> None:
    info, algorithm = _children(request)[:2]
    version, _, key, attributes = _children(info)
    version.content = b"\x00"
    algorithm.content = _algorithm(key)
    asked = [each for each in _children(attributes) if _kind(each) == _EXTENSION_REQUEST]
    attributes.content = asked
    for extension in _children(_children(_children(asked[0])[1])[0]):
        _mend_extension(extension)


def _mend_extension(extension: Node) -> None:
    children = _children(extension)
    extension.content = [each for each in children if each.encode() != build.FALSE]
    value = children[-1]
    kind = _KNOWN.get(_kind(extension))
    if kind is None:
        value.content = _NO_VALUE
    elif kind in _DROPPED:
        value.content = _DROPPED[kind]
    elif kind == build.KEY_USAGE:
        value.content = [_without_zeros(_children(value)[0])]
    elif kind == build.BASIC_CONSTRAINTS:
        flag = [each for each in _children(_children(value)[0]) if each.encode() == build.TRUE]
        value.content = [Node(0x30, flag)]


def _without_zeros(usage: Node) -> Node:
    assert isinstance(usage.content, bytes)
    bits = usage.content[1:].rstrip(b"\x00")
    unused = (bits[-1] & -bits[-1]).bit_length() - 1
    return Node(0x03, bytes((unused,)) + bits)


def _algorithm(key: Node) -> list[Node]:
    kind = _kind(_children(key)[0])
    for signer in (build.rsa_signer(), build.ecdsa_signer(), build.ed25519_signer()):
        algorithm = (elements(signer.algorithm) or [])[0]
        if kind == _kind(_children((elements(signer.key) or [])[0])[0]):
            return _children(algorithm)
    raise ValueError


def _kind(node: Node) -> bytes:
    return _children(node)[0].encode()


def _children(node: Node) -> list[Node]:
    if isinstance(node.content, bytes):
        raise TypeError
    return node.content
