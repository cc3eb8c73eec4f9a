"""What a compiled policy asks of a request."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from approver.model import Violation, quote
from approver.policy.asked import Asked
from approver.policy.rules import Answer, Question, Rule


@dataclass(frozen=True, slots=True)
class Check:
    """Every value that `asked` finds in a request must pass.

    `asked` yields each value with the key that names it in the path of a violation: "" where
    the field names it already, `[1]` or `[2.5.4.42]` where it does not. That path is
    `field`, the key, then `part`. `rule` is what the policy says; a violation's message is
    the value as `show` writes it, then `complaint`.
    """

    field: str
    asked: "Callable[[Asked], Iterable[tuple[str, Any]]]"
    passes: Callable[[Any], bool]
    rule: str
    complaint: str
    part: str = ""
    show: Callable[[Any], str] = quote

    def permits(self, asked: Asked) -> bool:
        """Tell whether there are no violations."""
        for _, value in self.asked(asked):  # noqa: SIM110 - a generator takes longer than a check
            if not self.passes(value):
                return False
        return True

    def violations(self, asked: Asked) -> Iterator[Violation]:
        """Yield a violation for each value that does not pass, each value once."""
        failed = dict.fromkeys(pair for pair in self.asked(asked) if not self.passes(pair[1]))
        for key, value in failed:
            yield Violation(
                f"{self.field}{key}{self.part}",
                value if isinstance(value, str) else self.show(value),
                self.rule,
                f"{self.show(value)} {self.complaint}".lstrip(),
            )


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """A rule must be true of every value that `asked` finds in a request.

    Paths are made as those of a `Check`; `place` is where the spec has the rule. `message` is
    the author's.
    """

    field: str
    asked: Callable[[Asked], Iterable[tuple[str, str]]]
    rule: Rule
    message: str | None
    part: str
    place: str

    def questions(self, asked: Asked) -> Iterator[Question]:
        """Yield what must be asked to judge a request."""
        for _, value in self.asked(asked):
            yield Question(self.rule, value)

    def violations(self, asked: Asked, answers: Mapping[Question, Answer]) -> Iterator[Violation]:
        """Yield a violation for each value of which the rule is not true, each value once."""
        for key, value in dict.fromkeys(self.asked(asked)):
            answer = answers[Question(self.rule, value)]
            if answer is not Answer.TRUE:
                failed = answer is Answer.FAILED
                yield Violation(
                    f"{self.field}{key}{self.part}",
                    value,
                    self.rule.text,
                    self._told(value, failed=failed),
                    failed,
                )

    def _told(self, value: str, *, failed: bool) -> str:
        shown = f"{quote(value)} " if self.rule.scope == "value" else ""
        if failed:
            return f"{shown}could not be judged by the rule {quote(self.rule.text)}".lstrip()
        return f"{shown}{self.message or f'failed the rule {quote(self.rule.text)}'}"


AnyCheck = Check | RuleCheck


def never(_: object) -> bool:
    """Pass no value."""
    return False
