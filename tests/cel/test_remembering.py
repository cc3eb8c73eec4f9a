"""A rule that is good is compiled once; one that is not is compiled anew each time."""

from collections.abc import Collection, Mapping

from approver.cel.remembering import RememberingEngine
from approver.rules import Activation, Answer, CelRule, Flaw, Question

GOOD, WARNED, BAD = (CelRule(text, "request") for text in ("good", "warned", "bad"))


class Counting:
    """An engine that tells what it was asked to compile."""

    def __init__(self) -> None:
        self.compiled: list[str] = []

    async def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        self.compiled += [rule.text for rule in rules]
        flaws = {WARNED: Flaw("may fail", usable=True), BAD: Flaw("is wrong")}
        return {rule: flaws.get(rule) for rule in rules}

    async def ask(
        self, questions: Collection[Question], activation: Activation
    ) -> Mapping[Question, Answer]:
        del activation
        return dict.fromkeys(questions, Answer.TRUE)


async def test_what_is_good_is_compiled_once() -> None:
    inner = Counting()
    engine = RememberingEngine(inner)
    first = await engine.compile([GOOD, WARNED, BAD])
    assert await engine.compile([GOOD, WARNED, BAD]) == first
    assert inner.compiled == ["good", "warned", "bad", "bad"]
    assert list(engine.known([GOOD, WARNED, BAD])) == [GOOD, WARNED]


async def test_the_same_text_of_another_scope_is_another_rule() -> None:
    engine = RememberingEngine(Counting())
    await engine.compile([GOOD])
    assert not engine.known([CelRule("good", "value")])
