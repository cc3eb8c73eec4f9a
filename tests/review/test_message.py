"""What a message leaves out, it says."""

from collections.abc import Callable

import pytest

from approver.model import Violation
from approver.review import message


@pytest.mark.parametrize("say", [message.unacceptable, message.audited])
def test_a_long_reason_is_cut_and_says_so(say: Callable[[str], str]) -> None:
    text = say("x" * 10_000)
    assert len(text) <= message.LONGEST
    kept = text.count("x", text.index("xx"))
    assert text.endswith(f"x and {10_000 - kept} more characters")


@pytest.mark.parametrize("say", [message.unacceptable, message.audited])
def test_a_reason_that_fits_stays_whole(say: Callable[[str], str]) -> None:
    room = message.LONGEST - len(say(""))
    assert say("x" * room).endswith("x" * room)


def test_many_policies_are_counted() -> None:
    violation = Violation("spec.allowedIsCA", "true", "false", "x" * 1000)
    text = message.denied({f"policy-{number:02}": [violation] for number in range(20)})
    assert len(text) <= message.LONGEST
    shown = text.count("[policy-")
    assert text.endswith(f"] and {20 - shown} more policies")
