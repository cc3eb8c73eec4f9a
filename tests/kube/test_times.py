"""Moments as Kubernetes writes them."""

from datetime import UTC, datetime

from approver.kube.times import microseconds, whole_seconds


def test_a_time_has_whole_seconds_and_a_micro_time_six_digits_more() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC)
    assert whole_seconds(moment) == "2026-01-02T03:04:05Z"
    assert microseconds(moment) == "2026-01-02T03:04:05.000060Z"
    assert microseconds(moment.replace(microsecond=0)) == "2026-01-02T03:04:05.000000Z"
