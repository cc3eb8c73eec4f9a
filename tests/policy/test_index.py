"""Which of many policies may permit a request, found without asking each of them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from approver.policy import Policy
from approver.policy.index import Index
from approver.review.examine import examine
from tests.examples import policy, request

WEB = examine(request("DNS:www.example.com", "DNS:api.example.com", common_name="web"))
PATTERN = st.text("ew*.", max_size=5)


def candidates(*policies: Policy) -> frozenset[str]:
    return Index(policies).candidates(WEB)


def allowing(name: str, *patterns: str) -> Policy:
    return policy(name, allowedDNSNames=list(patterns))


def structured(name: str, **allowed: Any) -> Policy:  # noqa: ANN401 - any field
    return policy(name, allowed=allowed, selector={"issuerRef": {}})


def test_by_how_a_name_ends_begins_or_is() -> None:
    assert candidates(
        allowing("ends", "*.example.com"),
        allowing("begins", "localhost", "www.*"),
        allowing("is", "www.example.com"),
        allowing("anything", "*"),
        allowing("elsewhere", "*.example.org", "api.*", "example.com"),
        allowing("nothing"),
    ) == {"ends", "begins", "is", "anything"}


def test_what_cannot_be_looked_up_must_be_asked() -> None:
    assert candidates(
        allowing("within", "*.example.*"),
        allowing("other", "*.example.org"),
        policy("unrestricted", allowedIsCA=False),
        structured("without patterns", dnsNames={"validations": [{"rule": "self == ''"}]}),
    ) == {"within", "unrestricted", "without patterns"}


def test_by_every_field_that_has_patterns() -> None:
    names = {"values": ["*"]}
    assert candidates(
        structured("web", dnsNames=names, commonName={"value": "web"}),
        structured("api", dnsNames=names, commonName={"value": "api"}),
    ) == {"web"}


def test_a_request_that_asks_for_nothing_there_may_be_permitted_by_all() -> None:
    index = Index([allowing("a", "*.example.com"), allowing("b", "*.example.org")])
    assert index.candidates(examine(request("URI:spiffe://a/b"))) == {"a", "b"}


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.lists(PATTERN, max_size=3), max_size=4), st.text("ew.", min_size=1, max_size=5))
def test_leaves_out_none_that_permits(patterns: list[list[str]], name: str) -> None:
    policies = [allowing(str(number), *texts) for number, texts in enumerate(patterns)]
    asked = examine(request(f"DNS:{name}"))
    permitting = {policy.name for policy in policies if policy.permits(asked)}
    assert permitting <= Index(policies).candidates(asked)
