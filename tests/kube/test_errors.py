"""Answers of the API server that are not a success, as errors."""

import json

import pytest

from approver.kube.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    KubeError,
    NotFoundError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
    api_error,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidError),
        (401, UnauthorizedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (410, GoneError),
        (418, ApiError),
        (422, InvalidError),
        (429, TooManyRequestsError),
        (500, ServerError),
        (503, ServerError),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[ApiError]) -> None:
    error = api_error(status, b"")

    assert type(error) is kind
    assert isinstance(error, KubeError)
    assert error.status == status


def test_the_message_of_the_api_server_is_kept_whole() -> None:
    message = "admission webhook denied the request:\n" + 2000 * "why "
    error = api_error(403, status_object(reason="Forbidden", message=message))

    assert (error.reason, error.message) == ("Forbidden", message)
    assert str(error) == f"403 Forbidden: {message}"


def test_an_answer_from_something_else_is_cut_to_a_line() -> None:
    error = api_error(502, b"<html>\n<h1>Bad Gateway</h1>\n" + 5000 * b"\xff")

    assert error.reason == ""
    assert str(error).startswith("502: <html> <h1>Bad Gateway</h1> ")
    assert len(error.message) <= 256
    assert error.message.endswith(" more characters")


def test_an_object_that_is_no_status_says_nothing_about_the_reason() -> None:
    assert api_error(500, b'{"kind": "Secret", "reason": "x"}').reason == ""


def test_an_error_event_of_a_watch_brings_its_own_status() -> None:
    error = api_error(0, status_object(code=410, reason="Expired", message="too old"))

    assert isinstance(error, GoneError)
    assert str(error) == "410 Expired: too old"


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("7", b"", 7),
        ("Fri, 31 Dec 1999 23:59:59 GMT", b"", None),
        ("-1", b"", None),
        (None, b"", None),
        (None, b'{"kind": "Status", "details": {"retryAfterSeconds": 3}}', 3),
        ("7", b'{"kind": "Status", "details": {"retryAfterSeconds": 3}}', 7),
    ],
)
def test_retry_after_is_in_seconds(header: str | None, body: bytes, seconds: float | None) -> None:
    assert api_error(429, body, header).retry_after == seconds


def status_object(**fields: object) -> bytes:
    return json.dumps({"kind": "Status", "apiVersion": "v1", **fields}).encode()
