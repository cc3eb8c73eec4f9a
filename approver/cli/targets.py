"""Which request is meant: by its own name, or by that of its Certificate."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from approver.model import Request
from approver.model.request import CERTIFICATE_NAME
from approver.replay.history import age

_KINDS: Final = {"certificate": True, "cert": True, "certificaterequest": False, "cr": False}


class NoRequestError(Exception):
    """That there is no such request; the text names what was looked for."""


def target(text: str) -> tuple[str, bool | None]:
    """Read NAME, certificate/NAME or certificaterequest/NAME: the name, and if a Certificate's.

    None: it is a request's, or else a Certificate's. Raise `ValueError`.
    """
    kind, slash, name = text.rpartition("/")
    word = re.sub("s$", "", kind.partition(".")[0].lower())
    if not name or (slash and word not in _KINDS):
        raise ValueError(f"{text!r} is not NAME, certificate/NAME or certificaterequest/NAME")
    return name, _KINDS[word] if slash else None


def newest(requests: Iterable[Request], certificate: str) -> Request | None:
    """Return the newest request of a Certificate."""
    mine = [
        each for each in requests if each.metadata.annotations.get(CERTIFICATE_NAME) == certificate
    ]
    return max(mine, key=age, default=None)


def chosen(requests: Sequence[Request], name: str, *, of_certificate: bool | None) -> Request:
    """Return the request that is meant; raise `NoRequestError`."""
    if not of_certificate:
        for request in requests:
            if request.name == name:
                return request
    if of_certificate is not False and (found := newest(requests, name)):
        return found
    what = "CertificateRequest, nor one of a Certificate,"
    if of_certificate is not None:
        what = "request of a Certificate" if of_certificate else "CertificateRequest"
    raise NoRequestError(f"there is no {what} {name}")
