"""What is said of a policy when it is written: refused if it could not be ready, else linted."""

import asyncio
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

from approver.cel.remembering import RememberingEngine
from approver.model import InvalidObjectError, fitting
from approver.policy import Policy
from approver.rules import CelRule, Flaw
from approver.webhook.admission import ALLOWED, AdmissionRequest, Answer, Cause
from approver.webhook.linter import Linter

_LONGEST_CAUSE: Final = 1_000
_LONGEST_PATH: Final = 500
_MOST_CAUSES: Final = 50
_SHORT_BYTES: Final = 16 << 10
_RULES_AT_ONCE: Final = 4  # which may take seconds, if they are meant to
_WARMING: Final = ("true", "!false")  # one for each process of rules


class PolicyAdmission:
    """Answers for `certificaterequestpolicies`."""

    def __init__(
        self, engine: RememberingEngine, linter: Linter, *, requester_selectors: bool
    ) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="policy-admission")
        self._linter = linter
        self._requester_selectors = requester_selectors

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._linter.close()

    async def warm_up(self) -> None:
        """Have processes started, whose first answer takes most of a second.

        Raise `RuleEngineError`.
        """
        rules = (CelRule(text, "request") for text in _WARMING)
        await asyncio.gather(
            self._linter.warnings({}, Policy.read({}), patience=None),
            *(self._engine.compile([rule]) for rule in rules),
        )

    async def _read(self, request: AdmissionRequest) -> Policy:
        """Read a policy; a long one where the event loop does not wait for it."""
        if request.size <= _SHORT_BYTES:
            return Policy.read(request.object or {})
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, Policy.read, request.object or {})

    async def _compiled(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Have rules compiled that nobody has seen: a few at a time, beside those of decisions."""
        if self._engine.knows(rules):
            return await self._engine.compile(rules)
        flaws = dict[CelRule, Flaw | None]()
        left = list(rules)
        while left:
            some, left = left[:_RULES_AT_ONCE], left[_RULES_AT_ONCE:]
            async with self._turn:
                flaws |= await self._engine.compile(some)
        return flaws

    async def admit(self, request: AdmissionRequest) -> Answer:
        """Answer for a policy. Raise `RuleEngineError`."""
        obj = request.object
        if obj is None:
            return ALLOWED
        try:
            policy = await self._read(request)
        except InvalidObjectError as error:
            return Answer(causes=[_cause(f"metadata.{error.field}", error.message)])
        if not policy.compiled:
            policy = policy.with_rule_flaws(await self._compiled(policy.rules))
        if not self._requester_selectors:
            policy = policy.with_requester_selectors_off()
        if policy.problems:
            found = policy.problems[:_MOST_CAUSES]
            return Answer(causes=[_cause(each.field, each.message) for each in found])
        return Answer(warnings=await self._linter.warnings(obj, policy))


def _cause(path: str, message: str) -> Cause:
    return Cause(fitting(path, _LONGEST_PATH), fitting(message, _LONGEST_CAUSE))
