"""Text of others in our messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approver.model import quote, quote_all


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("www.example.com", '"www.example.com"'),
        ("", '""'),
        ('say "x" \\', '"say \\"x\\" \\\\"'),
        ("a\nb\0c", '"a\\nb\\x00c"'),
        ("\u202egpj.exe", '"\\u202egpj.exe"'),
        ("M\u00fcnchen", '"M\u00fcnchen"'),
    ],
)
def test_quoted(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_long_text_is_cut_and_says_so() -> None:
    assert quote("a" * 200, longest=10) == '"aaaaaaaaaa" and 190 more characters'


def test_long_list_is_cut_and_says_so() -> None:
    shown = quote_all([f"{number}.example.com" for number in range(1000)])
    assert shown.startswith('"0.example.com", "1.example.com", ')
    assert shown.endswith(" more")
    assert len(shown) < 400


@given(st.text())
def test_always_printable(text: str) -> None:
    assert quote(text).isprintable()
