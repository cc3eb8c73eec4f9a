"""What is computed about all requests, held against what the evaluator says of each."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from approver.analysis import Alternatives, gained, parts, regions, request_of
from approver.analysis.domains import Texts
from approver.model import Request
from approver.policy import DecodedRequest, Policy
from approver.review.examine import read_or_reason
from tests.analysis.random_policies import parts_of_a_request, policy

pytestmark = pytest.mark.timeout(240)  # thousands of cases, beside other work

POLICIES = 400
REQUESTS = 250
"""For each policy, so that a hundred thousand memberships are compared."""
PAIRS = 400


def permits(policy: Policy, request: Request, labels: dict[str, str]) -> bool:
    """Ask the checks that decide, one after the other."""
    decoded = read_or_reason(request)
    if isinstance(decoded, str):
        pytest.fail(decoded)
    return policy.selects(request, labels) and policy.permits(decoded)


@pytest.fixture(scope="module")
def requests() -> list[tuple[dict[str, Any], Request, DecodedRequest]]:
    rng = random.Random(1)  # noqa: S311 - no secret
    made: list[tuple[dict[str, Any], Request, DecodedRequest]] = []
    while len(made) < REQUESTS:
        chosen = parts_of_a_request(rng)
        request = request_of(chosen)
        decoded = read_or_reason(request)
        if not isinstance(decoded, str):
            # What the request is said to be is what it is: the API server's groups are added.
            chosen[parts.GROUPS] = list(request.spec.groups)
            made.append((chosen, request, decoded))
    return made


def test_a_request_is_in_a_policys_regions_if_it_is_permitted(
    requests: list[tuple[dict[str, Any], Request, DecodedRequest]],
) -> None:
    rng, permitted = random.Random(2), 0  # noqa: S311 - no secret
    for _ in range(POLICIES):
        each = policy(rng)
        found = regions(each)
        for chosen, request, decoded in requests:
            says = each.selects(request, chosen[parts.LABELS]) and each.permits(decoded)
            assert any(region.has(chosen) for region in found) == says, (each, chosen)
            permitted += says
    assert permitted > POLICIES


def test_every_example_of_a_region_is_permitted() -> None:
    rng, tried = random.Random(3), 0  # noqa: S311 - no secret
    for _ in range(POLICIES):
        each = policy(rng)
        for region in regions(each):
            example = region.example()
            assert example is not None
            assert permits(each, request_of(example), example.get(parts.LABELS, {}))
            tried += 1
    assert tried > POLICIES / 2


def differences(seed: int) -> Iterator[tuple[Policy, list[Policy], Any]]:
    rng = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(PAIRS):
        one, others = policy(rng, "one"), [policy(rng, "b"), policy(rng, "c")]
        if one.ready:
            yield one, others, list(gained(one, Alternatives(others)))


def test_what_is_gained_is_permitted_by_no_other_policy() -> None:
    """`gained` has reviewed its example; here is who says so once more, and that there are some."""
    shown = 0
    for one, others, findings in differences(4):
        for finding in findings:
            assert finding.request, finding.unknown
            assert permits(one, finding.request, finding.labels)
            for other in others:
                assert not (other.ready and permits(other, finding.request, finding.labels))
            shown += 1
    assert shown > PAIRS / 4


def test_where_nothing_is_gained_no_request_is_found_that_is(
    requests: list[tuple[dict[str, Any], Request, DecodedRequest]],
) -> None:
    proven = 0
    for one, others, findings in differences(5):
        if findings:
            continue
        proven += 1
        for chosen, request, decoded in requests:
            labels = chosen[parts.LABELS]
            if one.selects(request, labels) and one.permits(decoded):
                assert any(
                    other.selects(request, labels) and other.permits(decoded) for other in others
                ), (one, others, chosen)
    assert proven > PAIRS / 50


def test_a_difference_that_forgets_a_part_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken `minus` would prove what is not so."""

    def forgetful(self: Texts, other: Texts) -> Iterator[Texts]:
        for opposite in list(other.each.opposites())[:-1]:
            yield Texts(self.alphabet, self.each, (*self.some, opposite))

    monkeypatch.setattr(Texts, "minus", forgetful)
    one = Policy.read(
        {
            "metadata": {"name": "one"},
            "spec": {"selector": {"namespace": {}}, "allowedDNSNames": ["a"]},
        }
    )
    other = Policy.read(
        {
            "metadata": {"name": "b"},
            "spec": {"selector": {"namespace": {}}, "allowedDNSNames": ["b"]},
        }
    )
    assert not list(gained(one, Alternatives([other])))  # which the tests above would not let pass
