"""What is said of a policy when it is written: refused if it could not be ready, else linted."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from typing import Any, Final, Self

import msgspec

from approver.cel.remembering import RememberingEngine
from approver.model import InvalidObjectError, ObjectMeta, Problem, fitting
from approver.policy import Policy
from approver.rules import CelRule, Flaw, RuleEngineError
from approver.webhook.admission import (
    ALLOWED,
    LONGEST_WARNING,
    SHORT,
    AdmissionRequest,
    Answer,
    Cause,
)
from approver.webhook.linter import Linter, LintError, silencers, too_long

_LONGEST_CAUSE: Final = 1_000
_LONGEST_PATH: Final = 500
_LONGEST_NAME: Final = 63
_MOST_CAUSES: Final = 50
_RULES_AT_ONCE: Final = 4  # which may take seconds, if they are meant to
_MOST_COMPILATIONS: Final = 500  # that are waited for
_PATIENCE_SECONDS: Final = 1.0
_MOST_LINTING: Final = 9  # who writes more at a time is no human being that would read it
_REMEMBERED: Final = 1_000
_WARMING: Final = ("true", "!false")  # one for each process of rules


class PolicyAdmission:
    """Answers for `certificaterequestpolicies`, and remembers what is said of those allowed.

    Whoever writes a policy waits for what lint says of it, if not for long.
    """

    def __init__(
        self,
        engine: RememberingEngine,
        linter: Linter,
        *,
        requester_selectors: bool,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._engine = engine
        self._reading = {short: asyncio.Lock() for short in (True, False)}
        self._compiling = asyncio.Lock()
        self._compilations = set[asyncio.Task[Mapping[CelRule, Flaw | None]]]()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="policy-admission")
        self._linter = linter
        self._requester_selectors = requester_selectors
        self._patience_seconds = patience_seconds
        self._linting = dict[bytes, asyncio.Task[Sequence[str]]]()  # by what a policy says
        self._warnings = OrderedDict[bytes, Sequence[str]]()  # as above

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        for task in (*self._linting.values(), *self._compilations):
            task.cancel()
        await self._linter.close()

    async def warm_up(self) -> None:
        """Have processes started, whose first answer takes most of a second.

        Raise `RuleEngineError`.
        """
        rules = (CelRule(text, "request") for text in _WARMING)
        await asyncio.gather(
            self._linter.start(), *(self._engine.compile([rule]) for rule in rules)
        )

    async def admit(self, request: AdmissionRequest) -> Answer:
        """Answer for a policy. Raise `RuleEngineError`."""
        obj = request.object
        if obj is None:
            return ALLOWED
        try:
            metadata = ObjectMeta.parse(obj.get("metadata") or {})
        except InvalidObjectError as error:
            return Answer(causes=[_cause(f"metadata.{error.field}", error.message)])
        said = _said(obj, metadata)
        found = self._warnings.get(said)
        if found is None:
            policy = await self._looked_at(request, obj)
            if policy.problems:
                return Answer(causes=list(_causes(policy.problems)))
            try:
                found = await self._linted(said, obj, policy)
            except LintError as error:
                found = [str(error)]
        else:
            self._warnings.move_to_end(said)
        of = fitting(metadata.name or "new", _LONGEST_NAME)  # kubectl shows those of all together
        return Answer(warnings=[fitting(f"{of}: {text}", LONGEST_WARNING) for text in found])

    async def _looked_at(self, request: AdmissionRequest, obj: Mapping[str, Any]) -> Policy:
        """Return the policy, with all that is wrong with it. Raise `RuleEngineError`."""
        policy = await self._read(obj, short=request.size <= SHORT)
        if not self._requester_selectors:
            policy = policy.with_requester_selectors_off()
        if policy.compiled:
            return policy
        try:
            flaws = await self._compiled(policy.rules)
        except RuleEngineError:
            if policy.problems:  # which are reason enough
                return policy
            raise
        passing = {rule: flaw.text for rule, flaw in flaws.items() if flaw and not flaw.lasting}
        policy = policy.with_rule_flaws({**flaws, **dict.fromkeys(passing)})
        if passing and not policy.problems:  # its readiness will tell
            raise RuleEngineError(f"a rule: {next(iter(passing.values()))}")
        return policy

    async def _read(self, obj: Mapping[str, Any], *, short: bool) -> Policy:
        """Read a policy; anybody can have long ones read, and no short one waits for those."""
        async with self._reading[short]:
            began = time.perf_counter()
            if short:
                policy = Policy.read(obj)
            else:
                loop = asyncio.get_running_loop()
                policy = await loop.run_in_executor(self._thread, Policy.read, obj)
            await asyncio.sleep(time.perf_counter() - began)  # as long as others were held up
        return policy

    async def _compiled(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Have rules compiled that nobody has seen: a few at a time, beside those of decisions."""
        flaws = dict(self._engine.known(rules))
        left = [rule for rule in rules if rule not in flaws]
        while left:
            some, left = left[:_RULES_AT_ONCE], left[_RULES_AT_ONCE:]
            if len(self._compilations) >= _MOST_COMPILATIONS:
                raise RuleEngineError("too many rules are new")
            task = asyncio.create_task(self._compile(some))
            self._compilations.add(task)
            task.add_done_callback(self._compilations.discard)
            # Who hangs up must not end the process that compiles: decisions use it, too.
            flaws |= await asyncio.shield(task)
        return flaws

    async def _compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        async with self._compiling:
            return await self._engine.compile(rules)

    async def _linted(self, said: bytes, obj: Mapping[str, Any], policy: Policy) -> Sequence[str]:
        """Return what lint says; who asks for the same waits for the same. Raise `LintError`."""
        task = self._linting.get(said)
        if task is None:
            if len(self._linting) >= _MOST_LINTING:
                raise too_long()
            task = asyncio.create_task(self._linter.warnings(obj, policy))
            self._linting[said] = task
            task.add_done_callback(partial(self._heard, said))
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await asyncio.shield(task)
        except TimeoutError:
            raise too_long() from None

    def _heard(self, said: bytes, task: asyncio.Task[Sequence[str]]) -> None:
        """Remember what lint says, also if nobody waits for it any more."""
        del self._linting[said]
        if task.cancelled() or task.exception():
            return
        self._warnings[said] = task.result()
        if len(self._warnings) > _REMEMBERED:
            self._warnings.popitem(last=False)


def _said(obj: Mapping[str, Any], metadata: ObjectMeta) -> bytes:
    """Return a digest of all that an answer depends on; the name makes no difference."""
    said = [obj.get("apiVersion"), obj.get("kind"), obj.get("spec"), silencers(metadata)]
    return sha256(msgspec.json.encode(said)).digest()


def _causes(problems: Sequence[Problem]) -> Iterator[Cause]:
    for each in problems[:_MOST_CAUSES]:
        yield _cause(each.field, each.message)
    if (more := len(problems) - _MOST_CAUSES) > 0:
        yield Cause("spec", f"and {more} more problems")


def _cause(path: str, message: str) -> Cause:
    return Cause(fitting(path, _LONGEST_PATH), fitting(message, _LONGEST_CAUSE))
