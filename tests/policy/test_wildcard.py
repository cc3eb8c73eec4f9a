"""`*` matches any run of characters; every other character matches itself."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approver.policy.wildcard import Wildcard, Wildcards


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("*", ""),
        ("*", "anything.at all"),
        ("", ""),
        ("*.example.com", "www.example.com"),
        ("*.example.com", "a.b.example.com"),
        ("*.example.com", ".example.com"),
        ("*.example.com", "*.example.com"),
        ("web-*-prod", "web--prod"),
        ("a*b*c", "abbc"),
        ("*a*", "banana"),
    ],
)
def test_matches(pattern: str, value: str) -> None:
    assert Wildcard(pattern).matches(value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("", "a"),
        ("*.example.com", "example.com"),
        ("*.example.com", "www.example.org"),
        ("*.example.com", "www.EXAMPLE.com"),
        ("*.example.com", "www.example.com."),
        ("aba*aba", "aba"),
        ("a*b*b", "ab"),
        ("?", "a"),
        ("[a-z]", "a"),
        ("Z\u00fcrich", "Zu\u0308rich"),
    ],
)
def test_does_not_match(pattern: str, value: str) -> None:
    assert not Wildcard(pattern).matches(value)


@given(st.text("ab*", max_size=8), st.text("ab*", max_size=12))
def test_means_what_a_regular_expression_would(pattern: str, value: str) -> None:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert Wildcard(pattern).matches(value) == bool(re.fullmatch(expression, value, re.DOTALL))


def test_one_of_several_is_enough() -> None:
    patterns = Wildcards(["localhost", "*.example.com"])
    assert patterns.match("localhost")
    assert patterns.match("www.example.com")
    assert not patterns.match("www.localhost")


def test_none_matches_nothing() -> None:
    assert not Wildcards([]).match("")


def test_patterns_that_would_make_a_regular_expression_slow() -> None:
    assert not Wildcard("*a" * 5_000 + "*b").matches("a" * 10_000)
