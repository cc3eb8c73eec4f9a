"""What can go wrong between us and the API server.

`KubeError` is the one to catch. Its `cause` is a short word of a fixed set, for metrics and for
telling one trouble from another.
"""

from typing import ClassVar

import msgspec

from approver.model import Error, shorten
from approver.model.text import REMARK

_LONGEST_TEXT = 256 - REMARK  # characters of an answer that is not a Status object
_SERVER_ERRORS = 500


class KubeError(Error):
    """The base of all errors of this package; its text is one line for a log."""

    cause: ClassVar[str] = "error"
    retry_after: float | None = None


class ConfigurationError(KubeError):
    """There is no usable kubeconfig or service account; the text names the file."""

    cause = "configuration"


class UnreachableError(KubeError):
    """No answer: connecting, TLS, a connection cut, or a deadline."""

    cause = "unreachable"


class DeadlineError(UnreachableError):
    """No answer in time, though there was a connection."""


class DisconnectedError(UnreachableError):
    """A stream that was open and broke off; what was read from it until then is whole."""

    cause = "disconnected"


class SilentError(UnreachableError):
    """A stream that was open past the time at which the server should have ended it."""

    cause = "silent"


class UndecodableError(KubeError):
    """The API server said something that cannot be read."""

    cause = "undecodable"


class TooLargeError(KubeError):
    """The API server said more than we were ready to take."""

    cause = "too large"


class ApiError(KubeError):
    """The API server refused.

    `status` is the HTTP status; `reason` and `message` are those of its Status object, the
    message unchanged; `retry_after` is in seconds, if the server named a time.
    """

    def __init__(
        self, status: int, reason: str, message: str, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{status} {reason}: {message}" if reason else f"{status}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class UnauthorizedError(ApiError):
    """401: the API server does not know who we are."""

    cause = "unauthorized"


class ForbiddenError(ApiError):
    """403: missing permission, or an admission webhook said no."""

    cause = "forbidden"


class NotFoundError(ApiError):
    """404: no such object, or no such resource."""

    cause = "not_found"


class ConflictError(ApiError):
    """409: the object has changed, or exists already (reason `AlreadyExists`)."""

    cause = "conflict"


class GoneError(ApiError):
    """410: the resource version or continue token has expired."""

    cause = "gone"


class InvalidError(ApiError):
    """400 or 422: what we sent is not acceptable."""

    cause = "invalid"


class TooManyRequestsError(ApiError):
    """429: come back later."""

    cause = "too_many_requests"


class ServerError(ApiError):
    """5xx: the API server is in trouble."""

    cause = "server_error"


_BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    422: InvalidError,
    429: TooManyRequestsError,
}


def api_error(status: int, body: bytes, retry_after: str | None = None) -> ApiError:
    """Return the error of an answer: its HTTP status, its body and its Retry-After header.

    `status` 0 means that only the body knows it, as in an ERROR event of a watch.
    """
    answer = _parse_status(body)
    status = status or answer.code
    kind = _BY_STATUS.get(status, ServerError if status >= _SERVER_ERRORS else ApiError)
    return kind(status, answer.reason, answer.message, _retry_after_seconds(retry_after, answer))


class _Details(msgspec.Struct):
    retry_after_seconds: float | None = msgspec.field(name="retryAfterSeconds", default=None)


class _Status(msgspec.Struct):
    kind: str
    code: int = 0
    reason: str = ""
    message: str = ""
    details: _Details | None = None


_STATUS_DECODER = msgspec.json.Decoder(_Status)


def _parse_status(body: bytes) -> _Status:
    try:
        answer = _STATUS_DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = _Status("")
    if answer.kind == "Status":
        return answer
    # Not the API server but something before it, a proxy perhaps: enough of it for a log line.
    text = " ".join(body.decode(errors="replace").split())
    return _Status("", message=shorten(text, _LONGEST_TEXT))


def _retry_after_seconds(header: str | None, answer: _Status) -> float | None:
    """Return how long to wait; a header that holds a date is passed over."""
    if header and header.isascii() and header.isdigit():
        return float(header)
    return answer.details.retry_after_seconds if answer.details else None
