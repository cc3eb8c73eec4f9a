"""An engine that compiles a rule once, for all who ask."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Final

from approver.rules import Activation, Answer, AsyncRuleEngine, CelRule, Flaw, Question

_MOST: Final = 10_000


class RememberingEngine:
    """Remembers which rules are good. What is wrong with the others it is told anew each time.

    A rule may have been stopped on a busy machine, so that what is wrong need not stay so.
    """

    def __init__(self, engine: AsyncRuleEngine) -> None:
        self._engine = engine
        self._good = OrderedDict[bytes, Flaw | None]()

    def knows(self, rules: Collection[CelRule]) -> bool:
        """Tell whether all of them are known to be good."""
        return all(_key(rule) in self._good for rule in rules)

    async def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Do as `AsyncRuleEngine.compile`."""
        keys = {rule: _key(rule) for rule in rules}
        known = {rule: self._good[key] for rule, key in keys.items() if key in self._good}
        for rule in known:
            self._good.move_to_end(keys[rule])
        unknown = [rule for rule in rules if rule not in known]
        flaws = await self._engine.compile(unknown) if unknown else {}
        for rule, flaw in flaws.items():
            if flaw is None or flaw.usable:
                self._good[keys[rule]] = flaw
        while len(self._good) > _MOST:
            self._good.popitem(last=False)
        return {**known, **flaws}

    async def ask(
        self, questions: Collection[Question], activation: Activation
    ) -> Mapping[Question, Answer]:
        """Do as `AsyncRuleEngine.ask`."""
        return await self._engine.ask(questions, activation)


def _key(rule: CelRule) -> bytes:
    """Return what tells a rule from others, and takes little memory."""
    return sha256(f"{rule.scope} {rule.text}".encode(errors="surrogatepass")).digest()
