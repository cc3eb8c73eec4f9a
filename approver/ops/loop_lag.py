"""How late the event loop is, which is the saturation of a program that has but one."""

import asyncio
from typing import Final

from approver.ops.metrics import Metrics, histogram

_LAG_SECONDS = histogram(
    "policy_approver_loop_lag_seconds",
    "How much later than asked for the event loop has come back, looked at once a second.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
)
_PERIOD_SECONDS: Final = 1.0


async def observe_loop_lag(metrics: Metrics) -> None:
    """Look at it until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _PERIOD_SECONDS
        await asyncio.sleep(_PERIOD_SECONDS)
        metrics[_LAG_SECONDS].observe(max(loop.time() - due, 0))
