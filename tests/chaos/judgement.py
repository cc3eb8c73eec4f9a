"""Whether all went right, whatever failed: each request decided once, rightly and in time."""

import time
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.evidence import Fate
from tests.chaos.model import History, Outcome
from tests.chaos.traffic import Asked

_PROMPT = 0.5  # seconds within which a request is decided, noise included, that nothing holds up


def faults(asked: Sequence[Asked], fates: Mapping[str, Fate], history: History) -> Iterator[str]:
    """Yield what went wrong; nothing, if all went right."""
    for request in asked:
        fate = fates.get(request.name)
        if fate is None:
            yield f"{request.name} is gone"
            continue
        right = set(_possible(request, fate, history))
        if _outcome(fate) not in right:
            yield f"{request.name}: {fate.kind}, {fate.message!r}; right would be {right}"
        if len(fate.written) > 1:
            yield f"{request.name}: decided {len(fate.written)} times"
        if len(fate.events) > 1:
            yield f"{request.name}: {len(fate.events)} events of a decision"
        if any(event != (fate.kind, fate.message) for event in fate.events):
            yield f"{request.name}: {fate.kind}, but its event says {fate.events}"


def undecided(asked: Sequence[Asked], decided: set[str], history: History) -> list[str]:
    """Name the requests that ought to have a decision, and have none."""
    return [
        request.name
        for request in asked
        if request.name not in decided
        and history.now.outcome(request.requester, request.domain).kind
    ]


def settling(
    asked: Sequence[Asked], fates: Mapping[str, Fate], history: History, end: float, until: float
) -> float:
    """Give the seconds from the end of a fault to the last decision that it still held up.

    Nothing counts that something else may have held up: what was not decidable all the time, and,
    while bindings change, denials. Nor does anything after `until`.
    """
    prompt = {"Approved"} if history.changing_after(end) else {"Approved", "Denied"}
    last = end
    for request in asked:
        fate = fates[request.name]
        if not fate.written:
            continue
        written, since = fate.written[0], max(request.sent, end)
        held_up = min(written, until) - since > _PROMPT
        outcomes = history.outcomes(request.requester, request.domain, since, written)
        if held_up and all(outcome.kind in prompt for outcome in outcomes):
            last = max(last, min(written, until))
    return last - end


def _possible(request: Asked, fate: Fate, history: History) -> Iterator[Outcome]:
    if fate.kind is None:
        yield history.now.outcome(request.requester, request.domain)
        return
    # Where the API server died before it had noted the write, all that we know is that it was.
    written = fate.written[0] if fate.written else time.time()
    yield from history.outcomes(request.requester, request.domain, request.sent, written)


def _outcome(fate: Fate) -> Outcome:
    if fate.kind == "Approved":
        return Outcome("Approved", fate.message.rpartition(": ")[2].strip('"'))
    return Outcome(fate.kind)
