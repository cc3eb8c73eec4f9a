"""What the API server asks, and what it is told."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from approver.model import Error, Requester, fitting

_VERSION: Final = "admission.k8s.io/v1"
_INVALID: Final = 422
_LONGEST_MESSAGE: Final = 4096
_LONGEST_NAME: Final = 253

SHORT: Final = 4 << 10
"""Bytes of a review that takes little to read, as most do."""
LONGEST: Final = 256 << 10
"""Bytes of a review that is looked at: to read one that is longer would take seconds."""
LONGEST_WARNING: Final = 240
"""Characters; the API server cuts those that have more than 256."""

Outcome = Literal["allowed", "warned", "refused", "unchecked"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("allowed", "warned", "refused", "unchecked")


class MalformedReviewError(Error, ValueError):
    """It is no AdmissionReview; `uid` is that of its request, if it can be told."""

    def __init__(self, message: str, uid: str = "") -> None:
        super().__init__(message)
        self.uid = uid


class _Kind(msgspec.Struct, frozen=True):
    group: str = ""
    version: str = ""
    kind: str = ""


class AdmissionRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The request of a review: what is about to be written."""

    uid: str
    kind: _Kind = _Kind()
    name: str = ""
    namespace: str = ""
    user_info: Requester = Requester()
    object: dict[str, Any] | None = None
    dry_run: bool = False
    size: int = 0
    """Bytes of the review, whatever it says itself."""


class _Review(msgspec.Struct, rename="camel"):
    api_version: str
    kind: Literal["AdmissionReview"]
    request: AdmissionRequest


_DECODER: Final = msgspec.json.Decoder(_Review)


class Cause(msgspec.Struct, frozen=True):
    """One of the reasons to refuse, at a field; kubectl lists them as it does a definition's."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"


class Answer(msgspec.Struct, frozen=True):
    """Refused, if there are causes; else allowed, with warnings.

    `unchecked`: it was not looked at.
    """

    warnings: Sequence[str] = ()
    causes: Sequence[Cause] = ()
    unchecked: bool = False

    @property
    def outcome(self) -> Outcome:
        """What becomes of it, in a word."""
        if self.causes:
            return "refused"
        if self.unchecked:
            return "unchecked"
        return "warned" if self.warnings else "allowed"


ALLOWED: Final = Answer()


def read(body: bytes) -> AdmissionRequest:
    """Read a review. Raise `MalformedReviewError`."""
    try:
        review = _DECODER.decode(body)
    except (ValueError, RecursionError) as error:  # msgspec's errors, and that of a bad encoding
        raise MalformedReviewError(f"not an AdmissionReview: {error}", uid_of(body)) from error
    if review.api_version != _VERSION:
        text = f"{review.api_version} is not {_VERSION}"
        raise MalformedReviewError(text, review.request.uid)
    return msgspec.structs.replace(review.request, size=len(body))


def written(uid: str, response: Mapping[str, Any]) -> bytes:
    """Write a review with a response."""
    review = {"apiVersion": _VERSION, "kind": "AdmissionReview"}
    return msgspec.json.encode({**review, "response": {"uid": uid, **response}})


def response(request: AdmissionRequest, answer: Answer) -> Mapping[str, Any]:
    """Return what the API server is told."""
    if not answer.causes:
        return {"allowed": True, **({"warnings": answer.warnings} if answer.warnings else {})}
    name = fitting(request.name or _name(request.object), _LONGEST_NAME)
    causes = "; ".join(f"{cause.field}: {cause.message}" for cause in answer.causes)
    kind = f"{request.kind.kind}.{request.kind.group}"
    status = {
        "code": _INVALID,
        "status": "Failure",
        "reason": "Invalid",
        "message": fitting(f'{kind} "{name}" is invalid: {causes}', _LONGEST_MESSAGE),
        "details": {
            "group": request.kind.group,
            "kind": request.kind.kind,
            "name": name,
            "causes": answer.causes,
        },
    }
    return {"allowed": False, "status": status}


def _name(obj: Mapping[str, Any] | None) -> str:
    metadata = (obj or {}).get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""


class _Identified(msgspec.Struct):
    uid: str = ""


class _Something(msgspec.Struct):
    request: _Identified


def uid_of(body: bytes) -> str:
    """Return the uid of a review, "" if it cannot be told: it takes less than to read it."""
    try:
        return msgspec.json.decode(body, type=_Something).request.uid
    except (ValueError, RecursionError):
        return ""
