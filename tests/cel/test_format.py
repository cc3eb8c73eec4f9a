"""`format` as in version 5 of the strings extension."""

import pytest

from tests.cel.evaluation import outcome


@pytest.mark.parametrize(
    ("clause", "value", "text"),
    [
        ("%s", "1.0", "1"),
        ("%s", "1e-10", "0.0000000001"),
        ("%s", "1e22", "10000000000000000000000"),
        ("%s", "-double('inf')", "-Infinity"),
        ("%s", "b'hi'", "hi"),
        ("%s", "[[1, 'a'], {'k': 2.5}, null, true]", "[[1, a], {k: 2.5}, null, true]"),
        ("%s", "{2: 'b', 10: 'a'}", "{10: a, 2: b}"),
        ("%s", "duration('1.5s')", "1.5s"),
        ("%s", "[duration('-1ns')]", "[-0.000000001s]"),
        (
            "%s",
            "timestamp('2024-01-01T00:00:00.123456789+02:00')",
            "2023-12-31T22:00:00.123456789Z",
        ),
        ("%s", "type(null)", "null_type"),
        ("%s", "type([1])", "list"),
        ("%s", "type(timestamp(0))", "google.protobuf.Timestamp"),
        ("%s", "type(cr)", "cm.io.policy.pkg.internal.approver.validation.CertificateRequest"),
        ("%d", "1.5", "1.5"),
        ("%d", "18446744073709551615u", "18446744073709551615"),
        ("%f", "1", "1.000000"),
        ("%.0f", "2.5", "2"),
        ("%.3f", "double('nan')", "NaN"),
        ("%e", "1234.5", "1.234500e+03"),
        ("%x", "-255", "-ff"),
        ("%X", "'hé'", "68C3A9"),
        ("%x", "b'\\xff\\x00'", "ff00"),
        ("%o", "-8", "-10"),
        ("%b", "true", "1"),
        ("%b", "dyn(5)", "101"),
        ("%.1s", "'abc'", "abc"),
        ("100%% %s", "'a'", "100% a"),
    ],
)
def test_it_writes(clause: str, value: str, text: str) -> None:
    assert outcome(f"'{clause}'.format([{value}]) == '{text}'") == "true"


@pytest.mark.parametrize(
    "rule",
    [
        "'%s %s'.format(['a']) == ''",
        "'a'.format(['a']) == ''",
        "'%z'.format([1]) == ''",
        "'a%'.format([]) == ''",
        "'%.101f'.format([1.0]) == ''",
        "'%.f'.format([1.0]) == ''",
        "'%d'.format([self]) == ''",
        "'%x'.format([1.5]) == ''",
        "'%o'.format([true]) == ''",
        "'%f'.format(['NaN']) == ''",
        "'%s'.format([cr]) == ''",
        "'%s'.format([['a', {'k': cr}]]) == ''",
        "'%s'.format([serviceAccount(self)]) == ''",
    ],
)
def test_a_constant_that_does_not_fit_is_refused(rule: str) -> None:
    assert outcome(rule) == "unusable"


@pytest.mark.parametrize(
    "rule",
    [
        "dyn('%d').format([dyn('a')]) == ''",
        "(self + '%s').format([]) == ''",
        "(self + '%q').format(['a']) == ''",
        "'%d'.format([dyn('1')]) == '1'",
        "'%s %s'.format(cr.groups) == ''",
        "'%s'.format([dyn(timestamp(0))]) != ''",
        "'%x'.format([dyn(true)]) == '1'",
    ],
)
def test_what_is_only_known_later_fails_then(rule: str) -> None:
    assert outcome(rule) == "failed"


def test_more_values_than_clauses_are_fine_if_nobody_could_know() -> None:
    assert outcome("self.format(['a']) == self") == "true"
