"""What we teach is safe: no example lets a namespace have what belongs to one of a similar name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.controlplane.manifests import load
from tests.crds.examples import CRD_FILE
from tests.examples import example_policies

ROOT = Path(__file__).parents[1]
# What is wrong on purpose is on the page of lint's rules, where the tests of the rules find it.
_WRONG = {"lint.md", "ci.md"}
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in _WRONG),
]
POLICIES = example_policies()

SEPARATORS = "./@:-"
_CALL = re.compile(r"\b(?:self|request\.\w+|\w+)\.(endsWith|startsWith)\(([^()]*)\)")
_SPEC = re.compile(r"^    spec:\n((?:    .*\n)+)", re.MULTILINE)
_LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def bounded(call: str, argument: str) -> bool:
    """Tell whether what is compared begins, or ends, with a literal separator at its boundary."""
    parts = [part.strip() for part in argument.split("+")]
    literal = _LITERAL.fullmatch(parts[0] if call == "endsWith" else parts[-1])
    text = (literal[1] or literal[2] or "") if literal else ""
    at = text[:1] if call == "endsWith" else text[-1:]
    return bool(at) and at in SEPARATORS


def calls() -> Iterator[Any]:
    for file in (*PAGES, *POLICIES, CRD_FILE):
        for number, (call, argument) in enumerate(_CALL.findall(file.read_text())):
            yield pytest.param(call, argument, id=f"{file.name}-{number}: {call}({argument})")


@pytest.mark.parametrize(("call", "argument"), list(calls()))
def test_a_rule_has_a_separator_at_the_boundary(call: str, argument: str) -> None:
    """The namespace `shop` must not get the names of `work-shop`."""
    assert bounded(call, argument)


def test_there_are_such_rules() -> None:
    assert len(list(calls())) > 3


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        ("endsWith", "cr.namespace + '.svc'"),
        ("endsWith", "'svc.' + cr.namespace"),
        ("startsWith", "'spiffe://a/ns/' + cr.namespace"),
    ],
)
def test_rules_without_one_are_found(call: str, argument: str) -> None:
    assert not bounded(call, argument)


def specs() -> Iterator[Any]:
    for file in POLICIES:
        yield pytest.param(load(file)[0]["spec"], id=file.name)
    for page in PAGES:
        for number, text in enumerate(
            re.findall(r"(?m)^    spec:\n((?:    .*\n)+)", page.read_text())
        ):
            yield pytest.param(yaml.safe_load(text), id=f"{page.name}-{number}")


@pytest.mark.parametrize("spec", list(specs()))
def test_an_example_says_what_it_is_about(spec: dict[str, Any]) -> None:
    """Without a selector a policy denies, for good, all that it does not know."""
    assert spec["selector"]


@pytest.mark.parametrize("spec", list(specs()))
def test_a_pattern_begins_or_ends_at_a_separator(spec: dict[str, Any]) -> None:
    names = spec.get("allowedDNSNames", [])
    assert all(name.startswith("*.") or "*" not in name for name in names)


@pytest.mark.parametrize("spec", list(specs()))
def test_an_enforcing_example_lets_nobody_be_an_administrator(spec: dict[str, Any]) -> None:
    """The API server takes an organization for a group: `system:masters` may do everything."""
    if spec.get("mode") == "Audit":
        pytest.skip("it decides nothing")
    if "allowed" in spec:  # what structured style leaves out is forbidden
        organizations = spec["allowed"].get("subject", {}).get("organizations", {})
    else:
        organizations = spec["allowedSubject"]["allowedOrganizations"]
    assert "*" not in str(organizations)
