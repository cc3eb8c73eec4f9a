"""What is told of undecided requests."""

from approver.controller.pending import Pending
from approver.ops.metrics import Metrics

KEY = ("shop", "web")
CREATED = "2026-01-01T00:00:00Z"
CREATED_SECONDS = 1767225600.0


class Clocks:
    now = 100.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return CREATED_SECONDS + self.now


def pending() -> tuple[Pending, Clocks]:
    clocks = Clocks()
    return Pending(clocks.monotonic, clocks.wall), clocks


def oldest(of: Pending, *, leading: bool = True) -> float | None:
    metrics = Metrics()
    of.report(metrics, leading=leading)
    return metrics.registry.get_sample_value("policy_approver_oldest_pending_seconds")


def test_the_oldest_counts_from_its_creation_and_not_from_our_start() -> None:
    requests, clocks = pending()
    requests.add(KEY, CREATED)
    clocks.now += 5
    assert oldest(requests) == 105
    assert requests.age(KEY) == 5


def test_a_creation_in_the_future_is_now() -> None:
    requests, clocks = pending()
    clocks.now = -50
    requests.add(KEY, CREATED)
    assert oldest(requests) == 0


def test_who_does_not_lead_tells_nothing_of_states() -> None:
    requests, _ = pending()
    requests.add(KEY, CREATED)
    metrics = Metrics()
    requests.report(metrics, leading=False)
    states = metrics.registry.get_sample_value("policy_approver_pending_requests", {"state": "new"})
    assert states == 0
    assert oldest(requests, leading=False) == 0


def test_a_request_is_held_once_a_review_has_left_it() -> None:
    requests, _ = pending()
    requests.add(KEY)
    assert not requests.is_held(KEY)
    requests.mark(KEY, "waiting")
    assert requests.is_held(KEY)
