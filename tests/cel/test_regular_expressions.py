"""Regular expressions are RE2's, as far as Go takes them."""

import pytest

from tests.cel.evaluation import outcome


def matches(pattern: str, text: str) -> set[str]:
    """Say what comes of a match with a constant pattern, and with one that is not constant."""
    escaped = pattern.replace("\\", "\\\\").replace("'", "\\'")
    return {
        outcome(f"self.matches('{escaped}')", text),
        outcome(f"matches(self, '' + '{escaped}')", text),
        outcome(f"self.matches(dyn('{escaped}'))", text),
    }


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^a$", "a"),
        ("b", "abc"),
        ("(?i)k", "\u212a"),
        (r"^\pL$", "é"),
        (r"\Qa.b\E", "a.b"),
        ("^.$", "😀"),
        ("(?P<n>a)", "a"),
        ("(?<n>a)", "a"),
        (r"a\\C", r"a\C"),
        ("a{1000}", "a" * 1000),
    ],
)
def test_it_matches(pattern: str, text: str) -> None:
    assert matches(pattern, text) == {"true"}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^a$", "a\n"),
        ("a.b", "a\nb"),
        (r"\d", "٣"),
        (r"\w", "é"),
        (r"\s", "\u00a0"),
        ("^(a+)+$", "a" * 4000 + "b"),
    ],
)
def test_it_does_not_match(pattern: str, text: str) -> None:
    assert matches(pattern, text) == {"false"}


@pytest.mark.parametrize(
    "pattern",
    [
        "[",
        "(?=a)",
        "(a)\\1",
        "a++",
        "a{1001}",
        "(a{1000}){1000}",
        r"a\Z",
        r"\C",
        "(?P<é>a)",
        "(?#c)a",
        "(a|b" * 334 + ")" * 334,
    ],
)
def test_what_go_does_not_take_fails_at_evaluation(pattern: str) -> None:
    assert matches(pattern, "a") == {"failed"}


def test_a_bad_pattern_does_no_harm_where_it_is_not_tried() -> None:
    assert outcome("true || self.matches('[')") == "true"
