"""What a compiled policy asks of a request."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from approver.model import Violation, quote
from approver.policy.accessor import Accessor
from approver.policy.conditions import Condition
from approver.policy.decoded import DecodedRequest
from approver.policy.wildcard import Wildcards
from approver.rules import Answer, CelRule, Question

FEW: Final = 16
"""Values; more are judged together, which is quicker."""


@dataclass(frozen=True, slots=True)
class Check:
    """Every one of the values in a request must meet a condition.

    The path of a violation is `field`, the value's key, then `part`. `rule` is what the policy
    says; a violation's message is the value as `show` writes it, then `complaint`.
    """

    field: str
    values: Accessor
    condition: Condition
    rule: str
    complaint: str
    part: str = ""
    show: Callable[[Any], str] = quote

    def is_met(self, request: DecodedRequest) -> bool:
        """Tell whether every value meets the condition."""
        values, condition = self.values.of(request), self.condition
        if len(values) > FEW and isinstance(condition, Wildcards):
            return condition.match_all(values)
        for value in values:  # noqa: SIM110 - a generator takes longer than most conditions
            if not condition(value):
                return False
        return True

    def violations(self, request: DecodedRequest) -> Iterator[Violation]:
        """Yield a violation for each value that does not meet the condition, each value once."""
        if self.is_met(request):
            return
        for key, value in self.values.keyed(request):
            if not self.condition(value):
                yield Violation(
                    f"{self.field}{key}{self.part}",
                    value if isinstance(value, str) else self.show(value),
                    self.rule,
                    f"{self.show(value)} {self.complaint}".lstrip(),
                )


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """A rule must be true of every one of the values in a request.

    Paths are made as those of a `Check`; `place` is where the spec has the rule. `message` is
    the author's.
    """

    field: str
    values: Accessor
    rule: CelRule
    message: str | None
    part: str
    place: str

    def questions(self, request: DecodedRequest) -> Iterator[Question]:
        """Yield what must be asked to judge a request."""
        for value in self.values.of(request):
            yield Question(self.rule, value)

    def violations(
        self, request: DecodedRequest, answers: Mapping[Question, Answer]
    ) -> Iterator[Violation]:
        """Yield a violation for each value of which the rule is not true, each value once."""
        for key, value in self.values.keyed(request):
            answer = answers[Question(self.rule, value)]
            if answer is not Answer.TRUE:
                failed = answer is Answer.FAILED
                yield Violation(
                    f"{self.field}{key}{self.part}",
                    value,
                    self.rule.text,
                    self._message(value, failed=failed),
                    failed,
                )

    def _message(self, value: str, *, failed: bool) -> str:
        shown = f"{quote(value)} " if self.rule.scope == "value" else ""
        if failed:
            return f"{shown}could not be judged by the rule {quote(self.rule.text)}".lstrip()
        return f"{shown}{self.message or f'failed the rule {quote(self.rule.text)}'}"


AnyCheck = Check | RuleCheck
