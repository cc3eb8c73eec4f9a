"""What the tests of a suite ask for: requests."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from approver.issuance import DirectRequest, request_for_certificate
from approver.manifests.suite_schema import LISTS
from approver.manifests.suites import Suite, SuiteTest
from approver.model import InvalidObjectError, Request, parse_duration

_NO_DURATION: Final = "none"
_FIELDS: Final[Mapping[str, str]] = {
    "as": "username",
    "otherNames": "other_names",
    "postalCode": "postal_code",
}


def requests(suite: Suite, test: SuiteTest) -> Iterator[tuple[str, Request]]:
    """Yield the requests of a test, each with what tells it from the others, "" if it is alone.

    Raise `UnusableError` for what cannot be asked for.
    """
    defaults = dict(suite.part("defaults"))
    said = test.said
    if "certificate" in said:
        yield "", _certificate(suite, test, defaults)
        return
    if "request" in said:
        yield "", _request(suite, f"{test.field}.request", defaults | said["request"])
        return
    for key, values in said["each"].items():
        for index, value in enumerate(values):
            words = defaults | {key: [value] if key in LISTS else value}
            yield f"{key} {value}", _request(suite, f"{test.field}.each.{key}[{index}]", words)


def _request(suite: Suite, field: str, words: Mapping[str, Any]) -> Request:
    try:
        return _direct(suite, words).request()
    except InvalidObjectError as error:
        where = f"{field}.{error.field}" if error.field in words else field
        raise suite.manifest.unusable(where, error.message) from error


def _direct(suite: Suite, words: Mapping[str, Any]) -> DirectRequest:
    known = {_FIELDS.get(name, name): value for name, value in words.items()}
    if known.get("duration") == _NO_DURATION:
        del known["duration"]
    elif duration := known.get("duration"):
        try:
            parse_duration(duration)
        except ValueError as error:
            raise InvalidObjectError("duration", f"{duration} is {error}") from error
    if names := known.get("other_names"):
        known["other_names"] = [(each["oid"], each["value"]) for each in names]
    if file := known.get("csr"):
        try:
            known["csr"] = (suite.path.parent / file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidObjectError("csr", f"{file} cannot be read: {error}") from error
    return msgspec.convert(known, DirectRequest)


def _certificate(suite: Suite, test: SuiteTest, defaults: Mapping[str, Any]) -> Request:
    field = f"{test.field}.certificate"
    metadata = {"name": "certificate", "namespace": defaults.get("namespace", "default")}
    spec = {"secretName": "certificate", **test.said["certificate"]}
    try:
        return request_for_certificate({"metadata": metadata, "spec": spec})
    except InvalidObjectError as error:
        where = error.field.removeprefix("spec").removeprefix(".")
        raise suite.manifest.unusable(f"{field}.{where}".rstrip("."), error.message) from error
