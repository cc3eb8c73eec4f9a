import base64
from typing import Any

import pytest

from approver.x509 import Refused, SigningRequest, check_agreement, read
from tests.vectors import load

Case = dict[str, Any]

# Tags of tricks begin with what the trick is about, mostly.
RULES = {
    "attribute": "attributes",
    "ca": "basic-constraints",
    "der": "der",
    "dns": "san",
    "eku": "extended-key-usage",
    "email": "san",
    "extension": "extensions",
    "extreq": "attributes",
    "garbage": "pem",
    "ip": "san",
    "key": "key",
    "name": "name-constraints",
    "other": "san",
    "pem": "pem",
    "san": "san",
    "signature": "signature",
    "size": "size",
    "subject": "subject",
    "uri": "san",
    "usage": "key-usage",
    "version": "version",
}
EXCEPTIONS = {
    "der-without-pem": "pem",
    "eku-known-not-in-spec": "key-usage",
    "eku-without-usage": "key-usage",
    "extension-oid-not-minimal": "der",
    "extreq-two-values": "der",
    "info-extra-element": "der",
    "subject-constructed-string": "der",
    "subject-oid-not-minimal": "der",
    "subject-rdn-unsorted": "der",
    "usage-without-eku": "extended-key-usage",
}
UNLISTED = "an extension that no policy lists"

CASES = load("hostile")


def csr_of(case: Case) -> SigningRequest:
    spec = case["request"]["spec"]
    csr = read(base64.b64decode(spec["request"]))
    check_agreement(csr, usages=spec.get("usages", []), is_ca=spec.get("isCA", False))
    return csr


def ids(case: Case) -> str:
    return f"{case['id']}-{case['tag']}"


@pytest.mark.parametrize("case", [case for case in CASES if case["by"] == "policy"], ids=ids)
def test_what_a_policy_decides_is_read(case: Case) -> None:
    """What is for a policy to judge is not refused."""
    assert csr_of(case)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["by"] == "request" and case["why"] != UNLISTED], ids=ids
)
def test_tricks_are_refused_by_the_rule_that_they_break(case: Case) -> None:
    """Requests built to deceive."""
    with pytest.raises(Refused) as caught:
        csr_of(case)
    rule = EXCEPTIONS.get(case["tag"]) or RULES[case["tag"].split("-")[0]]
    assert caught.value.rule == rule, caught.value.message


@pytest.mark.parametrize("case", [case for case in CASES if case["why"] == UNLISTED], ids=ids)
def test_extensions_that_need_consent_are_listed(case: Case) -> None:
    """Whether a policy lists them is not for the reader to know."""
    assert len(csr_of(case).extensions) == 1


@pytest.mark.parametrize("name", ["structured", "pattern"])
def test_requests_of_the_other_vectors_are_read(name: str) -> None:
    """None of them is a trick."""
    for case in load(name):
        assert csr_of(case)
