"""What the API server sends is read or refused, and what it is told has its form."""

import json
from typing import Any

import pytest

from approver.webhook.admission import (
    ALLOWED,
    Answer,
    Cause,
    MalformedReviewError,
    read,
    response,
)

REVIEW: dict[str, Any] = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {
        "uid": "u-1",
        "kind": {"group": "policy.cert-manager.io", "version": "v1alpha1", "kind": "Kind"},
        "operation": "CREATE",
        "name": "web",
        "userInfo": {"username": "alice", "groups": ["a"], "extra": {"k": ["v"]}},
        "object": {"metadata": {"name": "web"}, "spec": {}},
        "oldObject": None,
        "dryRun": True,
    },
}


def changed(**request: object) -> bytes:
    return json.dumps({**REVIEW, "request": {**REVIEW["request"], **request}}).encode()


def test_a_review_is_read() -> None:
    request = read(json.dumps(REVIEW).encode())
    assert (request.uid, request.name, request.user_info.username) == ("u-1", "web", "alice")
    assert request.user_info.extra == {"k": ("v",)}


@pytest.mark.parametrize(
    ("body", "uid"),
    [
        (b"", ""),
        (b"{}", ""),
        (b"[]", ""),
        (b"null", ""),
        (b"\xff\xfe", ""),
        (b"{" * 100_000, ""),
        (b'{"a":' * 100_000, ""),
        (b"[" * 100_000 + b"]" * 100_000, ""),
        (json.dumps({**REVIEW, "apiVersion": "admission.k8s.io/v1beta1"}).encode(), "u-1"),
        (json.dumps({**REVIEW, "kind": "Status"}).encode(), "u-1"),
        (json.dumps({**REVIEW, "request": None}).encode(), ""),
        (changed(object=[]), "u-1"),
        (changed(object="text"), "u-1"),
        (changed(userInfo={"groups": "a"}), "u-1"),
        (changed(name=7), "u-1"),
        (changed(uid=7), ""),
    ],
)
def test_what_is_no_review_is_refused_with_its_uid(body: bytes, uid: str) -> None:
    with pytest.raises(MalformedReviewError) as error:
        read(body)
    assert error.value.uid == uid


def test_a_deletion_has_no_object() -> None:
    assert read(changed(object=None)).object is None


def test_a_refusal_lists_its_causes_as_a_definition_does() -> None:
    request = read(json.dumps(REVIEW).encode())
    answer = Answer(causes=[Cause("spec.a", "is wrong"), Cause("spec.b", "is missing")])
    told = response(request, answer)
    assert told["allowed"] is False
    assert told["status"]["code"] == 422
    assert told["status"]["reason"] == "Invalid"
    assert told["status"]["details"]["name"] == "web"
    assert told["status"]["message"] == (
        'Kind.policy.cert-manager.io "web" is invalid: spec.a: is wrong; spec.b: is missing'
    )
    assert [cause.field for cause in told["status"]["details"]["causes"]] == ["spec.a", "spec.b"]


def test_what_is_allowed_may_have_warnings() -> None:
    request = read(json.dumps(REVIEW).encode())
    assert response(request, ALLOWED) == {"allowed": True}
    assert response(request, Answer(warnings=["w"])) == {"allowed": True, "warnings": ["w"]}
