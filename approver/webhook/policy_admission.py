"""What is said of a policy when it is written: refused if it could not be ready, else linted."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Final, Self

import msgspec

from approver.cel.remembering import RememberingEngine
from approver.model import InvalidObjectError, ObjectMeta, fitting
from approver.policy import Policy
from approver.rules import CelRule, Flaw
from approver.webhook.admission import ALLOWED, LONGEST_WARNING, AdmissionRequest, Answer, Cause
from approver.webhook.linter import Linter, LintError, silencers

_LONGEST_CAUSE: Final = 1_000
_LONGEST_PATH: Final = 500
_LONGEST_NAME: Final = 63
_MOST_CAUSES: Final = 50
_SHORT_BYTES: Final = 16 << 10
_RULES_AT_ONCE: Final = 4  # which may take seconds, if they are meant to
_REMEMBERED: Final = 1_000
_WARMING: Final = ("true", "!false")  # one for each process of rules


class PolicyAdmission:
    """Answers for `certificaterequestpolicies`, and remembers which are allowed."""

    def __init__(
        self, engine: RememberingEngine, linter: Linter, *, requester_selectors: bool
    ) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="policy-admission")
        self._linter = linter
        self._requester_selectors = requester_selectors
        self._allowed = OrderedDict[bytes, Sequence[str]]()  # what lint says of a policy

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
            self._linter.start(), *(self._engine.compile([rule]) for rule in rules)
        )

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
            metadata = ObjectMeta.parse(obj.get("metadata") or {})
        except InvalidObjectError as error:
            return Answer(causes=[_cause(f"metadata.{error.field}", error.message)])
        key = _said(obj, metadata)
        if (known := self._allowed.get(key)) is not None:
            self._allowed.move_to_end(key)
            return _warned(metadata.name, known)
        policy = await self._looked_at(request, obj)
        if policy.problems:
            problems = policy.problems[:_MOST_CAUSES]
            return Answer(causes=[_cause(each.field, each.message) for each in problems])
        try:
            found = self._allowed[key] = await self._linter.warnings(obj, policy)
        except LintError as error:
            return _warned(metadata.name, [str(error)])
        if len(self._allowed) > _REMEMBERED:
            self._allowed.popitem(last=False)
        return _warned(metadata.name, found)

    async def _looked_at(self, request: AdmissionRequest, obj: Mapping[str, Any]) -> Policy:
        """Return the policy, with all that is wrong with it. Raise `RuleEngineError`."""
        if request.size <= _SHORT_BYTES:
            policy = Policy.read(obj)
        else:  # where the event loop does not wait for it
            loop = asyncio.get_running_loop()
            policy = await loop.run_in_executor(self._thread, Policy.read, obj)
        if not policy.compiled:
            policy = policy.with_rule_flaws(await self._compiled(policy.rules))
        return policy if self._requester_selectors else policy.with_requester_selectors_off()


def _said(obj: Mapping[str, Any], metadata: ObjectMeta) -> bytes:
    """Return a digest of all that an answer depends on; the name makes no difference."""
    said = [obj.get("apiVersion"), obj.get("kind"), obj.get("spec"), silencers(metadata)]
    return sha256(msgspec.json.encode(said)).digest()


def _warned(name: str, texts: Sequence[str]) -> Answer:
    """Return what is allowed with warnings; kubectl shows those of many policies together."""
    of = fitting(name or "new", _LONGEST_NAME)
    return Answer(warnings=[fitting(f"{of}: {text}", LONGEST_WARNING) for text in texts])


def _cause(path: str, message: str) -> Cause:
    return Cause(fitting(path, _LONGEST_PATH), fitting(message, _LONGEST_CAUSE))
