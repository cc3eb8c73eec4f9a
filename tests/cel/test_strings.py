"""The strings extension does what Go's does; positions count characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approver.cel.sandbox import strings
from approver.cel.sandbox.budget import BUDGET, TEXT
from tests.cel.evaluation import outcome


@pytest.mark.parametrize(
    "rule",
    [
        "'tacocat'.charAt(3) == 'o'",
        "'tacocat'.charAt(7) == ''",
        "'ta©o©яT'.indexOf('©', 3) == 4",
        "'abc'.indexOf('c', 3) == -1",
        "'abc'.indexOf('', 9) == 3",
        "'abc'.lastIndexOf('') == 3",
        "'abcabc'.lastIndexOf('bc', 3) == 1",
        "'abc'.lastIndexOf('a', 9) == -1",
        "''.lastIndexOf('a') == -1",
        "'bananananana'.lastIndexOf('nana', 8) == 8",
        "'abc'.substring(3) == ''",
        "'ta©o©яT'.substring(2, 6) == '©o©я'",
        "'aaa'.replace('a', 'b', 2) == 'bba'",
        "'aaa'.replace('', '-', 2) == '-a-aa'",
        "'aaa'.replace('a', 'b', 0) == 'aaa'",
        "'a,b,c'.split(',', 2) == ['a', 'b,c']",
        "'abc'.split('', 2) == ['a', 'bc']",
        "'abc'.split('') == ['a', 'b', 'c']",
        "''.split('') == [] && ''.split(',') == ['']",
        "'a,b'.split(',', 0) == []",
        "'ÀB'.lowerAscii() == 'Àb' && 'straße'.upperAscii() == 'STRAßE'",
        "'\\u0085\\u3000a\\u2028'.trim() == 'a' && '\\u001fa'.trim() == '\\u001fa'",
        "'ab😀'.reverse() == '😀ba'",
        "['a', 'b'].join() == 'ab' && ['a', 'b'].join('-') == 'a-b' && [].join('-') == ''",
        "strings.quote('a\\n\"b\\\\') == '\"a\\\\n\\\\\"b\\\\\\\\\"'",
        "dyn('a').charAt(dyn(0)) == 'a'",
    ],
)
def test_it_holds(rule: str) -> None:
    assert outcome(rule) == "true"


@pytest.mark.parametrize(
    "rule",
    [
        "'abc'.charAt(-1) == ''",
        "'abc'.charAt(4) == ''",
        "'abc'.indexOf('a', -1) == 0",
        "'abc'.indexOf('', -1) == 0",
        "'abc'.lastIndexOf('a', -1) == 0",
        "'abc'.substring(4) == ''",
        "'abc'.substring(2, 1) == ''",
        "'abc'.substring(-1, 1) == ''",
        "['a', dyn(1)].join('') == 'a1'",
        "dyn(1).lowerAscii() == '1'",
        "dyn('a').charAt(dyn(0.0)) == 'a'",
    ],
)
def test_it_is_an_error_at_evaluation(rule: str) -> None:
    assert outcome(rule) == "failed"


@pytest.mark.parametrize(
    "rule",
    [
        "'a'.join(',') == 'a'",
        "'a'.split() == ['a']",
        "'abc'.charAt(0u) == 'a'",
        "'a'.quote() == 'a'",
        "trim(self) == self",
        "strings.join(['a']) == 'a'",
        "self.find('a') == 'a'",
        "[3, 1].sort() == [1, 3]",
    ],
)
def test_there_is_no_such_function(rule: str) -> None:
    assert outcome(rule) == "unusable"


@given(st.text("ab", max_size=6), st.text("ab", max_size=3), st.integers(0, 8))
def test_the_last_index_is_the_last_that_is_not_beyond(text: str, part: str, last: int) -> None:
    BUDGET.renew()
    found = [index for index in range(len(text) + 1) if text.startswith(part, index)]
    within = [index for index in found if index <= last]
    expected = within[-1] if within and (last < len(text) or not part) else -1
    assert strings.last_index_until(text, part, last) == expected


def test_text_has_a_budget_for_each_evaluation() -> None:
    grown = f"self{'.replace(self, self + self)' * 4}.size() > 0"
    assert outcome(grown) == "true"
    squared = f"self{'.replace(chr, self)'.replace('chr', repr('a')) * 4}.size() > 0"
    assert outcome(squared, "a" * 64) == "failed"
    assert outcome(grown) == "true"
    BUDGET.renew()
    with pytest.raises(ValueError, match="too much"):
        BUDGET.give("a" * TEXT)


def test_what_an_evaluation_has_spent_does_not_matter_to_the_next_rule() -> None:
    with pytest.raises(ValueError, match="too much"):
        BUDGET.spend(TEXT)
    assert outcome("self.matches('^a')") == "true"
