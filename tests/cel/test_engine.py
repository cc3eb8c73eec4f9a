"""Rules in processes: what a hostile rule can do, and what it cannot."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from approver.cel import AsyncEngine, Engine
from approver.cel.suspects import Suspects
from approver.rules import (
    Activation,
    Answer,
    AsyncRuleEngine,
    CelRule,
    Flaw,
    Question,
    RuleEngine,
    RuleEngineError,
)
from tests.cel.evaluation import ABOUT

HARMLESS = CelRule("self.endsWith('.com')", "value")
DOUBLING = ".map(list, [list, list])" * 26
HANGS = CelRule(f"[[1]]{DOUBLING} == [[1]]{DOUBLING}", "value")
EATS_MEMORY = CelRule(f"['{'a' * 40}']{'.map(text, text + text)' * 26}[0].size() > 0", "value")


@pytest.fixture
async def rules() -> AsyncIterator[AsyncEngine]:
    async with AsyncEngine() as started:
        yield started


async def answer(rules: AsyncRuleEngine, rule: CelRule, value: str = "a.com") -> Answer:
    question = Question(rule, value)
    return (await rules.ask([question], ABOUT))[question]


Workers = Callable[[], list[int]]


def children() -> list[int]:
    """Return the processes that this one has started."""
    return [
        int(pid)
        for children in Path("/proc/self/task").glob("*/children")
        for pid in children.read_text().split()
    ]


@pytest.fixture
def workers() -> Workers:
    """Give what returns the processes that a test has started: others may have before it."""
    before = set(children())
    return lambda: [pid for pid in children() if pid not in before]


async def test_it_says_what_is_wrong_with_rules(rules: AsyncEngine) -> None:
    problems = {
        HARMLESS: None,
        CelRule("request.isCA", "request"): None,
        CelRule("self", "value"): "it is no bool, but string",
        CelRule("sel == ''", "value"): "undeclared reference to 'sel' (in container '')"
        " (line 1, column 1)",
        CelRule("ip(self) == '::1'", "value"): "found no matching overload for '_==_' applied to"
        " '(net.IP, string)' (line 1, column 10)",
        CelRule(
            "ipp(self) == ip('::1')", "value"
        ): "undeclared reference to 'ipp' (in container '') (line 1, column 4)",
        CelRule("(" * 60 + "true" + ")" * 60, "value"): "it is nested too deeply, more than about"
        " 30 levels",
        CelRule("true" + " " * 4096, "value"): "it is longer than 4096 characters",
        CelRule("self == '\udc80'", "value"): "it is not text",
        CelRule(
            r"self.matches('^\d+$')", "value"
        ): r"CEL has no \d in a string: write \\d, or r before"
        r" the quote, as in r'\d'",
    }
    flaws = {rule: problem and Flaw(problem) for rule, problem in problems.items()}
    assert await rules.compile(list(problems)) == flaws


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("self.matches('(')", '"(" always fails: it is no regular expression'),
        (r"self.matches(r'\Ca')", r'"\\Ca" always fails: it is no regular expression'),
        ("self == 'a' || matches(self, '[b-a]')", '"[b-a]" always fails: it is no regular'),
        ("duration('1d') > duration(self)", '"1d" always fails: it is no duration'),
        ("timestamp('today') < timestamp(self)", '"today" always fails: it is no timestamp'),
        ("timestamp(self).getHours('25:61') > 1", '"25:61" always fails: it is no time zone'),
        ("int('one') > 1", '"one" always fails: it is no int'),
    ],
)
async def test_it_doubts_a_rule_whose_constants_always_fail(
    rules: AsyncEngine, rule: str, what: str
) -> None:
    doubted = CelRule(rule, "value")
    flaw = (await rules.compile([doubted]))[doubted]
    assert flaw
    assert flaw.usable
    assert what in flaw.text


@pytest.mark.parametrize(
    "rule", ["self.matches('^a$')", "self.matches(self)", "duration('1h') > duration(self)"]
)
async def test_it_does_not_doubt_a_rule_whose_constants_are_right(
    rules: AsyncEngine, rule: str
) -> None:
    right = CelRule(rule, "value")
    assert await rules.compile([right]) == {right: None}


async def test_it_answers_all_questions_on_a_request(rules: AsyncEngine) -> None:
    answers = {
        Question(HARMLESS, "a.com"): Answer.TRUE,
        Question(HARMLESS, "a.org"): Answer.FALSE,
        Question(CelRule("int(self) > 0", "value"), "a"): Answer.FAILED,
        Question(CelRule("cr.namespace == 'team-a'", "value"), ""): Answer.TRUE,
        Question(CelRule("request.username == request.name", "request")): Answer.FALSE,
        Question(CelRule("not a rule", "value"), ""): Answer.FAILED,
    }
    assert await rules.ask(list(answers), ABOUT) == answers


@pytest.mark.parametrize("value", ["a.com\0evil", "\udc80", "a" * 4097, "é" * 2049])
async def test_it_asks_nothing_of_a_value_that_would_not_arrive(
    rules: AsyncEngine, value: str
) -> None:
    assert await answer(rules, CelRule("true", "value"), value) is Answer.FAILED


async def test_what_is_no_text_fails_all_rules(rules: AsyncEngine) -> None:
    question = Question(CelRule("true", "value"))
    assert await rules.ask([question], Activation(name="\udc80")) == {question: Answer.FAILED}


async def test_no_process_runs_before_there_is_a_rule(workers: Workers) -> None:
    before = workers()
    async with AsyncEngine() as rules:
        await rules.compile([])
        assert workers() == before


async def test_a_rule_that_hangs_fails_while_others_are_answered(rules: AsyncEngine) -> None:
    hanging = asyncio.create_task(
        rules.ask([Question(HARMLESS, "a.com"), Question(HANGS), Question(HARMLESS)], ABOUT)
    )
    meanwhile = 0
    while not hanging.done():
        assert await answer(rules, HARMLESS) is Answer.TRUE
        meanwhile += 1
        await asyncio.sleep(0.01)
    assert list((await hanging).values()) == [Answer.TRUE, Answer.FAILED, Answer.FALSE]
    assert meanwhile > 10


async def test_a_rule_that_eats_memory_fails_at_the_second_try(rules: AsyncEngine) -> None:
    assert await rules.compile([EATS_MEMORY]) == {EATS_MEMORY: None}
    assert await answer(rules, EATS_MEMORY) is Answer.FAILED
    assert await answer(rules, HARMLESS) is Answer.TRUE


async def test_it_tells_why_processes_ended_and_what_they_need() -> None:
    ended: list[str] = []
    async with AsyncEngine(on_end=ended.append) as rules:
        assert await answer(rules, EATS_MEMORY) is Answer.FAILED
        assert len(ended) == 2
        assert set(ended) <= {"memory", "time"}  # which a slow machine takes to fill the memory
        assert rules.blocked == 1
        assert await answer(rules, HARMLESS) is Answer.TRUE
        assert rules.resident_memory() > 1 << 20
        assert await answer(rules, HANGS) is Answer.FAILED
        assert ended[2:] == ["time", "time"]
    assert rules.resident_memory() == 0


async def test_rules_that_hang_leave_a_process_to_the_others(rules: AsyncEngine) -> None:
    await answer(rules, EATS_MEMORY)
    bad = [asyncio.create_task(answer(rules, EATS_MEMORY, str(each))) for each in range(3)]
    await asyncio.sleep(0)
    assert await answer(rules, HARMLESS) is Answer.TRUE
    assert not any(task.done() for task in bad)
    assert await asyncio.gather(*bad) == [Answer.FAILED] * 3


async def test_a_suspect_is_still_heard(rules: AsyncEngine) -> None:
    slow_for_some = CelRule(f"self != 'x' || {EATS_MEMORY.text}", "value")
    assert await answer(rules, slow_for_some, "x") is Answer.FAILED
    assert await answer(rules, slow_for_some, "y") is Answer.TRUE


async def test_a_worker_that_is_lost_is_nobodys_fault(rules: AsyncEngine, workers: Workers) -> None:
    await answer(rules, HARMLESS)
    (worker,) = workers()
    question = asyncio.create_task(answer(rules, HANGS))
    await asyncio.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(RuleEngineError, match="-9"):
        await question
    assert await answer(rules, HARMLESS) is Answer.TRUE


async def test_a_worker_that_was_lost_long_ago_is_replaced(
    rules: AsyncEngine, workers: Workers
) -> None:
    await answer(rules, HARMLESS)
    (worker,) = workers()
    os.kill(worker, signal.SIGKILL)
    await asyncio.sleep(0.3)
    assert await answer(rules, HARMLESS) is Answer.TRUE


async def test_a_question_that_is_given_up_frees_its_worker(rules: AsyncEngine) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(answer(rules, HANGS), 0.1)
    assert await answer(rules, HARMLESS) is Answer.TRUE


async def test_many_askers_share_the_workers(rules: AsyncEngine, workers: Workers) -> None:
    answers = await asyncio.gather(*(answer(rules, HARMLESS, f"{n}.com") for n in range(500)))
    assert set(answers) == {Answer.TRUE}
    assert len(workers()) <= 2


async def test_close_ends_what_is_under_way(rules: AsyncEngine, workers: Workers) -> None:
    question = asyncio.create_task(answer(rules, HANGS))
    await asyncio.sleep(0.1)
    await rules.close()
    with pytest.raises(RuleEngineError):
        await question
    with pytest.raises(RuleEngineError, match="closed"):
        await answer(rules, HARMLESS)
    assert workers() == []


async def test_where_there_is_no_cel_every_rule_says_so(workers: Workers) -> None:
    async with AsyncEngine(package="no_such_package") as rules:
        (flaw,) = (await rules.compile([HARMLESS])).values()
        assert flaw
        assert flaw.text.startswith("CEL is not available on this platform: ")
        assert await answer(rules, HARMLESS) is Answer.FAILED
        assert workers() == []


def test_one_worker_is_too_few() -> None:
    with pytest.raises(ValueError, match="two workers"):
        AsyncEngine(workers=1)


def test_without_a_loop_it_is_the_same(workers: Workers) -> None:
    question = Question(HARMLESS, "a.com")
    with Engine() as opened:
        rules: RuleEngine = opened
        assert rules.compile([HARMLESS]) == {HARMLESS: None}
        assert rules.ask([question], ABOUT) == {question: Answer.TRUE}
        assert workers()
    assert workers() == []
    assert rules.ask([question], ABOUT) == {question: Answer.TRUE}
    opened.close()


def test_an_engine_that_nobody_closes_ends_with_the_program() -> None:
    program = """
from approver.cel import Engine
from approver.rules import CelRule
engine = Engine()
print(engine.compile([CelRule("true", "value")]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        check=True,
        timeout=20,
        text=True,
    )
    assert "None" in done.stdout
    assert done.stderr == ""


def test_suspicion_ends() -> None:
    now = 0.0
    suspects = Suspects(clock=lambda: now)
    assert not suspects.add(HANGS)
    assert HANGS in suspects
    assert suspects.add(HANGS)
    now = 601.0
    assert HANGS not in suspects
    assert not suspects.add(HANGS)


def test_suspects_are_not_remembered_without_bound() -> None:
    suspects = Suspects()
    for number in range(1001):
        suspects.add(CelRule(str(number), "value"))
    assert CelRule("0", "value") not in suspects
    assert CelRule("1000", "value") in suspects
