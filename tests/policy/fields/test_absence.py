"""What a style of policies has no name for, it forbids.

Every field of the policy language is walked, with a request that asks for just that.
"""

import base64
from typing import Any

import pytest

from approver import Policy
from approver.model import parse_duration
from approver.model.subject import COMMON_NAME, SUBJECT_ATTRIBUTES
from approver.policy import DecodedRequest
from approver.policy.fields import FIELDS, Field, Style
from approver.policy.fields.oids import Unsupported
from approver.x509 import NAME_CONSTRAINTS, read
from tests import examples
from tests.x509 import build
from tests.x509.build import (
    EXTENDED_KEY_USAGE,
    element,
    extension,
    name,
    oid,
    other_name,
    san,
    sequence,
    set_of,
    typed,
    utf8,
)


def asking(*extensions: bytes, subject: bytes = name(), **spec: Any) -> DecodedRequest:  # noqa: ANN401 - any field of a request
    """Make a request that asks for these extensions, this subject and this spec, and no more."""
    requested = [build.extension_request(*extensions)] if extensions else []
    csr = build.request(attributes=element(0xA0, *requested), subject=subject)
    # Whether the spec agrees with the CSR is not asked: it would have to ask for more.
    request = examples.request(request=base64.b64encode(csr).decode(), **spec)
    duration = request.spec.duration
    return DecodedRequest(request, read(csr), parse_duration(duration) if duration else None)


def attribute(kind: str, value: bytes = utf8("x")) -> DecodedRequest:
    return asking(subject=name(set_of(typed(kind, value))))


NOTHING = asking()
BASES = {
    "dnsDomains": build.dns(),
    "ipRanges": build.ip_address(bytes(8)),
    "emailAddresses": element(0x81, b"a@example.com"),
    "uriDomains": build.uri("example.com"),
}
JUST_THAT = {
    "allowed.commonName": attribute(COMMON_NAME),
    "allowed.dnsNames": asking(san(build.dns())),
    "allowed.ipAddresses": asking(san(build.ip_address(bytes(4)))),
    "allowed.uris": asking(san(build.uri("spiffe://cluster/web"))),
    "allowed.emailAddresses": asking(san(element(0x81, b"a@example.com"))),
    "allowed.otherNames": asking(san(other_name(element(0xA0, utf8("a"))))),
    "unsupported allowed.names": asking(san(element(0x88, oid("1.2.3")[2:]))),
    "allowed.isCA": asking(isCA=True),
    "allowed.usages": asking(usages=["server auth"]),
    **{f"allowed.subject.{each.name}": attribute(each.oid) for each in SUBJECT_ATTRIBUTES},
    "allowed.subject.otherAttributes": attribute("2.5.4.42"),
    "unsupported allowed.subject.otherAttributes": attribute("2.5.4.42", build.integer(1)),
    "allowed.extensions": asking(extension("1.2.3.4", utf8("x"))),
    "allowed.otherUsages": asking(extension(EXTENDED_KEY_USAGE, sequence(oid("1.2.3.4")))),
    **{
        f"allowed.nameConstraints.{kind}.{name}": asking(
            extension(NAME_CONSTRAINTS, sequence(element(tag, sequence(base))))
        )
        for kind, tag in (("permitted", 0xA0), ("excluded", 0xA1))
        for name, base in BASES.items()
    },
    "constraints.minDuration": asking(duration="1h"),
    # These, every request has, and rules are about all of it.
    "constraints.privateKey.algorithm": NOTHING,
    "allowedIssuer": NOTHING,
    "rules": NOTHING,
}
ALWAYS = {"constraints.privateKey.algorithm", "allowedIssuer"}

# They set as little as a policy of each style can.
LEAST = {
    Style.STRUCTURED: examples.policy(selector={"issuerRef": {}}),
    Style.PATTERN: examples.policy(allowedPrivateKey={"maxSize": 8192}),
}
SAID_BY_A_SELECTOR = "allowedIssuer"


def title(field: Field) -> str:
    if isinstance(field, Unsupported):
        return f"unsupported {field.place}"
    return next(name for style in Style for name in field.names(style))


def violated(policy: Policy, request: DecodedRequest) -> list[str]:
    assert policy.ready, policy.problems
    return [violation.field for violation in policy.violations(request)]


LACKING = [
    pytest.param(field, style, id=f"{style.value}: {title(field)}")
    for field in FIELDS
    for style in Style
    if not field.names(style) and title(field) != SAID_BY_A_SELECTOR
]


@pytest.mark.parametrize(("field", "style"), LACKING)
def test_what_a_style_cannot_name_it_forbids(field: Field, style: Style) -> None:
    path = title(field).removeprefix("unsupported ")
    [found] = violated(LEAST[style], JUST_THAT[title(field)])
    assert found.startswith(f"spec.{path}")


@pytest.mark.parametrize(
    "field", [field for field in FIELDS if field.names(Style.PATTERN)], ids=title
)
def test_what_pattern_style_can_name_and_leaves_out_it_permits(field: Field) -> None:
    assert violated(LEAST[Style.PATTERN], JUST_THAT[title(field)]) == []


@pytest.mark.parametrize(
    "field", [field for field in FIELDS if title(field).startswith("allowed.")], ids=title
)
def test_what_structured_style_leaves_out_below_allowed_it_forbids(field: Field) -> None:
    [found] = violated(LEAST[Style.STRUCTURED], JUST_THAT[title(field)])
    assert found.startswith(f"spec.{title(field)}")


@pytest.mark.parametrize("style", Style)
def test_a_request_that_asks_for_nothing_breaks_no_rule(style: Style) -> None:
    assert violated(LEAST[style], NOTHING) == []


@pytest.mark.parametrize("field", FIELDS, ids=title)
def test_each_of_these_requests_asks_for_just_that(field: Field) -> None:
    request = JUST_THAT[title(field)]
    asked_for = {title(each) for each in FIELDS if list(each.requested.of(request))}
    assert asked_for == ALWAYS | ({title(field)} - {"rules"})
