"""An engine that compiles a rule once, for all who ask."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Final

from approver.rules import Activation, Answer, AsyncRuleEngine, CelRule, Flaw, Question

_MOST: Final = 10_000


class RememberingEngine:
    """Remembers of rules that are usable what is said of them; of the others it is told anew."""

    def __init__(self, engine: AsyncRuleEngine) -> None:
        self._engine = engine
        self._usable = OrderedDict[bytes, Flaw | None]()

    def known(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Return what is remembered of rules, without those that it is not of."""
        keys = {rule: _key(rule) for rule in rules}
        known = {rule: self._usable[key] for rule, key in keys.items() if key in self._usable}
        for rule in known:
            self._usable.move_to_end(keys[rule])
        return known

    async def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        """Do as `AsyncRuleEngine.compile`."""
        known = self.known(rules)
        unknown = [rule for rule in rules if rule not in known]
        flaws = await self._engine.compile(unknown) if unknown else {}
        for rule, flaw in flaws.items():
            if flaw is None or flaw.usable:
                self._usable[_key(rule)] = flaw
        while len(self._usable) > _MOST:
            self._usable.popitem(last=False)
        return {**known, **flaws}

    async def ask(
        self, questions: Collection[Question], activation: Activation
    ) -> Mapping[Question, Answer]:
        """Do as `AsyncRuleEngine.ask`."""
        return await self._engine.ask(questions, activation)


def _key(rule: CelRule) -> bytes:
    """Return what tells a rule from others, and takes little memory."""
    return sha256(f"{rule.scope} {rule.text}".encode(errors="surrogatepass")).digest()
