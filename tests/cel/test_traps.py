"""Ways in which an engine could say yes though cel-go would not."""

import pytest

from approver.rules import Activation
from tests.cel.evaluation import ABOUT, outcome

MESSAGE = "cm.io.policy.pkg.internal.approver.validation.CertificateRequest"


@pytest.mark.parametrize(
    "rule",
    [
        "1 / 0 == 1",
        "int(self) == 1",
        "cr.groups[9] == ''",
        "{'a': true}['b']",
        "dyn(1)+dyn('a') == 2",
    ],
)
def test_an_error_is_not_true(rule: str) -> None:
    assert outcome(rule) == "failed"


def test_an_error_need_not_matter() -> None:
    assert outcome("1 / 0 == 1 || true") == "true"
    assert outcome("1 / 0 == 1 && false") == "false"


@pytest.mark.parametrize(
    "rule", ["self", "1", "dyn(true)", "null", "[true]", "cr", "1 == 1 ? 'a' : 'b'"]
)
def test_a_rule_is_a_bool(rule: str) -> None:
    assert outcome(rule) == "unusable"


@pytest.mark.parametrize(
    "rule",
    [
        "(self + '\\u0000evil').lowerAscii() == self",
        "'good\\u0000evil'.trim() == 'good'",
        "'good\\u0000evil'.split(',')[0] == 'good'",
        "self.matches('^a.example.com' + '\\u0000$')",
        "strings.quote('\\u0000') == '\"'",
        "string(dyn('a\\u0000')) == 'a'",
    ],
)
def test_text_is_never_cut_at_a_nul(rule: str) -> None:
    assert outcome(rule) == "failed"


def test_a_nul_counts_where_it_stays_in_the_engine() -> None:
    assert outcome("self + '\\u0000evil' == self") == "false"
    assert outcome("cr.name == 'good'", about=Activation(name="good\0evil")) == "false"
    assert outcome("cr.groups == ['good']", about=Activation(groups=("good\0evil",))) == "false"


@pytest.mark.parametrize(
    "rule",
    [
        f"{MESSAGE}{{name: 'x'}}.name == 'x'",
        f"type(cr) == {MESSAGE}",
        "cr.`name` == cr.name",
        "cr != null",
        "has(cr.name) && !has(" + MESSAGE + "{}.name)",
        "google.protobuf.Int64Value{value: 1} == 1",
    ],
)
def test_the_request_is_a_message(rule: str) -> None:
    assert outcome(rule) == "true"


@pytest.mark.parametrize(
    "rule",
    [
        "cr['name'] == cr.name",
        "cr.Name == cr.name",
        "cr.extra == ''",
        f"{MESSAGE}{{nope: 'x'}} == cr",
        "request.name == ''",
        "has(self)",
        "self.`size`() == 1",
    ],
)
def test_and_has_no_other_fields(rule: str) -> None:
    assert outcome(rule) == "unusable"


@pytest.mark.parametrize(
    "word", ["in", "as", "break", "for", "if", "namespace", "var", "while", "true"]
)
def test_keywords_name_no_variable(word: str) -> None:
    assert outcome(f"cr.groups.all({word}, {word} == '')") == "unusable"


def test_some_keywords_name_a_field() -> None:
    assert outcome("cr.namespace == 'team-a'") == "true"


@pytest.mark.parametrize(
    "rule",
    [
        "@int('1') == 1",
        "`@int`('1') == 1",
        "_in_(1, [1])",
        "__not_strictly_false__(true)",
        "cel.bind(x, self, x == self)",
        "optional.none().hasValue()",
        "math.greatest(1, 2) > 1",
        "sets.contains([1], [1])",
        "[1, 2].existsOne(x, x == 1)",
        "cr.?name == ''",
    ],
)
def test_nothing_else_can_be_called(rule: str) -> None:
    assert outcome(rule) == "unusable"


@pytest.mark.parametrize(
    "rule", ["1e400 > 1.0", "1 < 2.0", "1 == 1.0", "'\\ud800' == ''", "1 in 1"]
)
def test_what_go_does_not_compile(rule: str) -> None:
    assert outcome(rule) == "unusable"


def test_a_rule_has_a_longest_length() -> None:
    assert outcome("true".ljust(4096)) == "true"
    assert outcome("true".ljust(4097)) == "unusable"


@pytest.mark.parametrize(
    "rule",
    [
        "(" * 10_000 + "true" + ")" * 10_000,
        "1" + "+1" * 2000 + " > 0",
        "(" * 1000 + "true",
        "(,)" * 1300,
    ],
)
def test_depth_and_errors_without_end_are_refused(rule: str) -> None:
    assert outcome(rule) == "unusable"


def test_lone_surrogates_do_not_get_that_far() -> None:
    with pytest.raises(UnicodeEncodeError):
        outcome("cr.name == ''", about=Activation(name="\udc80"))
    assert ABOUT.name
