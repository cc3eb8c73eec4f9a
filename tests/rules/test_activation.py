"""What rules can name is declared once."""

from collections.abc import Iterator

from approver.model.subject import SUBJECT_ATTRIBUTES
from approver.policy.activation import activation
from approver.review.examine import examine
from approver.rules.activation import Activation, Variable, variables
from tests.examples import request


def test_rules_over_one_value_see_who_asks_and_for_what_object() -> None:
    names = [variable.name for variable in variables() if variable.says.of_value_rules]
    assert names == ["name", "namespace", "username", "groups"]


def leaves(variable: Variable) -> Iterator[Variable]:
    if variable.fields:
        for field in variable.fields:
            yield from leaves(field)
    else:
        yield variable


def test_every_variable_has_a_type_and_a_meaning() -> None:
    for variable in variables():
        assert all(leaf.type and leaf.says.meaning for leaf in leaves(variable)), variable.name


def test_the_subject_has_the_attributes_of_the_policy_language() -> None:
    [subject] = [variable for variable in variables() if variable.name == "subject"]
    assert [field.name for field in subject.fields] == [each.name for each in SUBJECT_ATTRIBUTES]


def test_a_request_fills_in_every_variable() -> None:
    """A field that is left at its default here is one that nobody has given a value."""
    asked = examine(
        request(
            "DNS:www.example.com",
            "IP:192.0.2.1",
            "URI:spiffe://a/b",
            "email:a@example.com",
            common_name="web",
            username="alice",
            groups=["people"],
            usages=["server auth"],
            isCA=True,
            duration="1h",
        )
    )
    filled = activation(asked, {"team": "a"})
    empty = Activation()
    unfilled = {
        field
        for field in Activation.__struct_fields__
        if getattr(filled, field) == getattr(empty, field)
    }
    none = {"annotations", "subject", "other_usages", "name_constraints"}  # in this request
    assert unfilled == none
