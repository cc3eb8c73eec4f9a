"""Conversions take the texts that Go takes, and write what Go writes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approver.cel.sandbox.conversions import shortest
from tests.cel.evaluation import outcome


@pytest.mark.parametrize(
    "rule",
    [
        "int('+1') == 1 && int('-0') == 0 && int('0012') == 12",
        "int('-9223372036854775808') < 0",
        "uint('18446744073709551615') == 18446744073709551615u",
        "double('1_0') == 10.0 && double('0x1p-2') == 0.25 && double('.5e1') == 5.0",
        "double('inf') > 1.0 && double('1e-400') == 0.0",
        "double('nan') != double('nan')",
        "bool('T') && bool('1') && bool('True') && !bool('F') && !bool('FALSE')",
        "int(dyn('1')) == 1 && int(dyn(1.9)) == 1 && double(dyn('1')) == 1.0",
        "string(1.0) == '1' && string(1e6) == '1e+06' && string(123456.0) == '123456'",
        "string(double('nan')) == 'NaN' && string(double('-inf')) == '-Inf'",
        "string(dyn(1.5)) == '1.5' && string(dyn(true)) == 'true' && string(dyn(b'a')) == 'a'",
        "string(b'\\xc3\\xa9') == 'é'",
    ],
)
def test_it_holds(rule: str) -> None:
    assert outcome(rule) == "true"


@pytest.mark.parametrize(
    "rule",
    [
        f"{function}('{text}') == {function}('{text}')"
        for function, texts in {
            "int": ("", "+", " 1", "1 ", "1_000", "0x10", "1.0", "٣", "9223372036854775808"),
            "uint": ("+1", "-1", "18446744073709551616"),
            "double": (" 1", "1__0", "1_", "1e400", "0x1p99999", "0x1", "1._5", "1e", "infinit"),
            "bool": ("yes", "TrUe", "", " true"),
        }.items()
        for text in texts
    ],
)
def test_no_such_value(rule: str) -> None:
    assert outcome(rule) == "failed"


@pytest.mark.parametrize(
    "rule",
    [
        "int(dyn(' 1')) == 1",
        "int(dyn(true)) == 1",
        "uint(-0.5) == 0u",
        "int(9223372036854775807.0) > 0",
        "string(b'\\xff') == ''",
        "bytes(dyn(1)) == b''",
    ],
)
def test_it_is_an_error_at_evaluation(rule: str) -> None:
    assert outcome(rule) == "failed"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_digits_tell_a_number_apart(number: float) -> None:
    text = shortest(number)
    assert "e" not in text
    assert float(text) == number
    assert math.copysign(1, float(text)) == math.copysign(1, number)
