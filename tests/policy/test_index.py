"""Which of many policies may matter to a request, found without asking each of them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from approver.policy import Policy
from approver.policy.index import Index
from approver.review import Catalogue
from approver.review.examine import examine
from tests.examples import policy, request

WEB = examine(request("DNS:www.example.com", "DNS:api.example.com", common_name="web"))
PATTERN = st.text("ew*.", max_size=5)


def permitting(*policies: Policy) -> frozenset[str]:
    return Index(policies).permitting(WEB, frozenset(policy.name for policy in policies))


def allowing(name: str, *patterns: str) -> Policy:
    return policy(name, allowedDNSNames=list(patterns))


def structured(name: str, **allowed: Any) -> Policy:  # noqa: ANN401 - any field
    return policy(name, allowed=allowed, selector={"issuerRef": {}})


def test_by_the_namespace_and_the_issuer() -> None:
    here, elsewhere = {"matchNames": ["team-*"]}, {"matchNames": ["other"]}
    ca = {"name": "ca"}
    index = Index(
        [
            policy("here", selector={"namespace": here}),
            policy("elsewhere", selector={"namespace": elsewhere}),
            policy("another issuer", selector={"namespace": here, "issuerRef": {"name": "else"}}),
            policy("this issuer", selector={"issuerRef": ca}),
            policy("anywhere", selector={"namespace": {"matchLabels": {"a": "b"}}}),
        ]
    )
    found = index.selecting(request("DNS:a.example.com", namespace="team-a", issuerRef=ca))
    assert found == {"here", "this issuer", "anywhere"}


def test_by_how_a_name_ends_begins_or_is() -> None:
    assert permitting(
        allowing("ends", "*.example.com"),
        allowing("begins", "localhost", "www.*"),
        allowing("is", "www.example.com"),
        allowing("anything", "*"),
        allowing("elsewhere", "*.example.org", "api.*", "example.com"),
        allowing("nothing"),
    ) == {"ends", "begins", "is", "anything"}


def test_what_cannot_be_looked_up_must_be_asked() -> None:
    assert permitting(
        allowing("within", "*.example.*"),
        allowing("other", "*.example.org"),
        policy("unrestricted", allowedIsCA=False),
    ) == {"within", "unrestricted"}


def test_by_every_field_that_has_patterns() -> None:
    names = {"values": ["*"]}
    assert permitting(
        structured("web", dnsNames=names, commonName={"value": "web"}),
        structured("api", dnsNames=names, commonName={"value": "api"}),
    ) == {"web"}


def test_a_request_that_asks_for_nothing_there_may_be_permitted_by_all() -> None:
    index = Index([allowing("a", "*.example.com"), allowing("b", "*.example.org")])
    asked = examine(request("URI:spiffe://a/b"))
    assert index.permitting(asked, frozenset("ab")) == {"a", "b"}


def test_none_but_those_that_are_wanted() -> None:
    index = Index([allowing("a", "*"), allowing("b", "*.com"), allowing("c", "*.com")])
    assert index.permitting(WEB, frozenset("bc")) == {"b", "c"}


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.lists(PATTERN, max_size=3), max_size=4), st.text("ew.", min_size=1, max_size=5))
def test_leaves_out_none_that_permits(patterns: list[list[str]], name: str) -> None:
    policies = [allowing(str(number), *texts) for number, texts in enumerate(patterns)]
    asked = examine(request(f"DNS:{name}"))
    permit = {policy.name for policy in policies if policy.permits(asked)}
    names = frozenset(policy.name for policy in policies)
    assert permit <= Index(policies).permitting(asked, names)


POLICY = st.builds(
    lambda name, here, patterns: policy(
        name, allowedDNSNames=patterns, selector={"namespace": {"matchNames": here}}
    ),
    st.sampled_from("abc"),
    st.lists(PATTERN, max_size=2),
    st.lists(PATTERN, max_size=3),
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.none() | POLICY), max_size=6),
    st.text("ew.", min_size=1, max_size=5),
)
def test_what_was_changed_step_by_step_finds_the_same(
    changes: list[tuple[str, Policy | None]], text: str
) -> None:
    catalogue = Catalogue()
    policies: dict[str, Policy] = {}
    for name, new in changes:
        policies.pop(name, None)
        changed: dict[str, Policy | None] = {name: None}
        if new is not None:
            changed[new.name] = policies[new.name] = new
        catalogue = catalogue.changed(changed)
    anew = Catalogue(policies.values())
    assert list(catalogue.policies.items()) == list(anew.policies.items())
    asked = request(f"DNS:{text}", namespace=text)
    assert catalogue.index.selecting(asked) == anew.index.selecting(asked)
    names = frozenset(policies)
    assert catalogue.index.permitting(examine(asked), names) == anew.index.permitting(
        examine(asked), names
    )
