"""What a compiled policy asks of a request."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from approver.model import Violation, quote
from approver.policy.asked import Asked


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


def never(_: object) -> bool:
    """Pass no value."""
    return False
