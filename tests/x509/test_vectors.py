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
    "eku-smartcard-logon": "key-usage",
    "eku-without-usage": "key-usage",
    "extension-oid-not-minimal": "attributes",
    "info-extra-element": "der",
    "usage-without-eku": "extended-key-usage",
}
UNLISTED = {
    "an extension that no policy lists": "extensions",
    "an extended usage that cert-manager does not know": "other_usages",
}
ELSEWHERE = {"usages-absurd", "name-constraints"}
"""What is refused before the CSR is read, or because no policy has it."""

CASES = load("hostile")
NEED_CONSENT = [case for case in CASES if case["why"] in UNLISTED and case["tag"] not in EXCEPTIONS]


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
    "case",
    [
        case
        for case in CASES
        if case["by"] == "request" and case not in NEED_CONSENT and case["tag"] not in ELSEWHERE
    ],
    ids=ids,
)
def test_tricks_are_refused_by_the_rule_that_they_break(case: Case) -> None:
    """Requests built to deceive."""
    with pytest.raises(Refused) as caught:
        csr_of(case)
    rule = EXCEPTIONS.get(case["tag"]) or RULES[case["tag"].split("-")[0]]
    assert caught.value.rule == rule, caught.value.message


@pytest.mark.parametrize("case", NEED_CONSENT, ids=ids)
def test_what_needs_consent_is_listed(case: Case) -> None:
    """Whether a policy lists it is not for the reader to know."""
    assert len(getattr(csr_of(case), UNLISTED[case["why"]])) == 1


@pytest.mark.parametrize("name", ["structured", "pattern"])
def test_requests_of_the_other_vectors_are_read(name: str) -> None:
    """None of them is a trick."""
    for case in load(name):
        assert csr_of(case)


@pytest.mark.parametrize("form", load("csrs"), ids=lambda form: str(form["name"]))
def test_forms_that_real_tools_write(form: Case) -> None:
    """What hides nothing is read, whoever wrote it."""
    pem = form["request"].encode()
    if form["expected"] == "approved":
        check_agreement(read(pem), usages=form["usages"], is_ca=form["isCA"])
    else:
        with pytest.raises(Refused):
            read(pem)
