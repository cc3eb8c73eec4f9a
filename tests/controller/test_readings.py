"""A CSR is read once, as long as there is room to remember what it said."""

from msgspec.structs import replace

from approver import Request
from approver.controller.readings import Readings
from approver.model.request import RequestMeta
from tests.examples import request

WEB = request("DNS:www.example.com")


def version(number: int) -> Request:
    return replace(WEB, metadata=RequestMeta(name="web", uid="u", resource_version=str(number)))


def test_each_version_is_read_once() -> None:
    readings = Readings()
    first = readings.read(version(1))
    assert readings.read(version(1)) is first
    assert readings.read(version(2)) is not first


def test_why_it_cannot_be_permitted_is_remembered_too() -> None:
    bad = replace(version(1), spec=replace(WEB.spec, request="no"))
    reason = Readings().read(bad)
    assert isinstance(reason, str)
    assert reason.startswith("spec.request")


def test_the_oldest_are_forgotten() -> None:
    readings = Readings(most_characters=2 * len(WEB.spec.request))
    first = readings.read(version(1))
    second = readings.read(version(2))
    assert readings.read(version(1)) is first  # and so it is no longer the oldest
    readings.read(version(3))
    assert readings.read(version(1)) is first
    assert readings.read(version(2)) is not second
