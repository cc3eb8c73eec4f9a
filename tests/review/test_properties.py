"""What holds of every policy and every request, in both styles.

Here a spec is flat, its fields' paths joined by dots, until `policy_of` makes a policy of it; what
a request asks for is a mapping of the same kind, named as below `spec.allowed`.
"""

import functools
import ipaddress
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from approver import Decision, Policy, Request, review
from approver.policy.fields import Style
from approver.x509 import USAGES
from tests.controlplane.manifests import certificate_request
from tests.examples import policy
from tests.x509.build import (
    Signer,
    ecdsa_signer,
    element,
    extension,
    extension_request,
    ip_address,
    name,
    octets,
    other_name,
    san,
    set_of,
    typed,
    uri,
    utf8,
)
from tests.x509.build import dns as dns_name
from tests.x509.build import request as signing_request

QUICK = settings(max_examples=60, deadline=None, derandomize=True, database=None)

Spec = dict[str, Any]
Wish = dict[str, Any]

SINGLE = {
    "commonName": "allowedCommonName",
    "subject.serialNumber": "allowedSubject.allowedSerialNumber",
}
LISTS = {
    "dnsNames": "allowedDNSNames",
    "ipAddresses": "allowedIPAddresses",
    "uris": "allowedURIs",
    "emailAddresses": "allowedEmailAddresses",
    "subject.organizations": "allowedSubject.allowedOrganizations",
    "subject.countries": "allowedSubject.allowedCountries",
    "subject.organizationalUnits": "allowedSubject.allowedOrganizationalUnits",
    "subject.localities": "allowedSubject.allowedLocalities",
    "subject.provinces": "allowedSubject.allowedProvinces",
    "subject.streetAddresses": "allowedSubject.allowedStreetAddresses",
    "subject.postalCodes": "allowedSubject.allowedPostalCodes",
}
"""The fields of structured style, and what pattern style calls them."""

BY_OID = {
    "subject.otherAttributes": ["1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"],
    "otherNames": ["1.3.6.1.4.1.311.20.2.3", "1.3.6.1.5.5.7.8.5"],
    "extensions": ["1.3.6.1.4.1.99999.1", "1.3.6.1.4.1.99999.2"],
}
"""What only structured style has fields for, and some OIDs that may be named there."""

ATTRIBUTES = {
    "commonName": "2.5.4.3",
    "subject.serialNumber": "2.5.4.5",
    "subject.countries": "2.5.4.6",
    "subject.localities": "2.5.4.7",
    "subject.provinces": "2.5.4.8",
    "subject.streetAddresses": "2.5.4.9",
    "subject.organizations": "2.5.4.10",
    "subject.organizationalUnits": "2.5.4.11",
    "subject.postalCodes": "2.5.4.17",
}
NAMES: Mapping[str, Callable[[str], bytes]] = {
    "dnsNames": dns_name,
    "ipAddresses": lambda text: ip_address(ipaddress.ip_address(text).packed),
    "uris": uri,
    "emailAddresses": lambda text: element(0x81, text.encode()),
}

# Few values, so that policies and requests that know nothing of each other sometimes agree.
TEXTS = st.text("aé z", min_size=1, max_size=3)
HOSTS = st.from_regex(r"[ab]{1,2}\.(test|example)", fullmatch=True)
VALUES: Mapping[str, st.SearchStrategy[str]] = {
    "dnsNames": HOSTS,
    "ipAddresses": st.sampled_from(["10.0.0.1", "10.0.0.2", "192.0.2.1", "2001:db8::1", "::1"]),
    "uris": st.builds("spiffe://{}/{}".format, HOSTS, st.sampled_from(["web", "db"])),
    "emailAddresses": st.builds("{}@{}".format, st.sampled_from(["alice", "bob"]), HOSTS),
}
HOURS = st.integers(1, 5)
BOTH = ("dnsNames", "commonName", "ipAddresses", "subject.organizations", "subject.serialNumber")
"""Fields for policies and requests that are compared though they know nothing of each other."""


def some(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(values, min_size=1, max_size=3, unique=True)


def wishes(style: Style, *fields: str) -> st.SearchStrategy[Wish]:
    """Draw what a request may ask for that a style can name."""
    of_lists = {field: some(VALUES.get(field, TEXTS)) for field in LISTS}
    by_oid = {
        field: st.dictionaries(st.sampled_from(oids), some(TEXTS), min_size=1)
        for field, oids in BY_OID.items()
    }
    optional: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(SINGLE, TEXTS) | of_lists
    if style is Style.STRUCTURED:
        optional |= by_oid
    if fields:
        optional = {field: optional[field] for field in fields}
    fixed: dict[str, st.SearchStrategy[Any]] = {
        "usages": some(st.sampled_from(sorted(USAGES))),
        "isCA": st.booleans(),
        "hours": HOURS,
    }
    return st.fixed_dictionaries(fixed, optional=optional)


@functools.cache
def signer() -> Signer:
    return ecdsa_signer()


def asks_for(wish: Wish) -> Request:
    """Make the request of a wish."""
    attributes = [
        (oid, [wish[field]] if field in SINGLE else wish[field])
        for field, oid in ATTRIBUTES.items()
        if field in wish
    ]
    attributes += wish.get("subject.otherAttributes", {}).items()
    names = [encode(text) for field, encode in NAMES.items() for text in wish.get(field, ())]
    for oid, texts in wish.get("otherNames", {}).items():
        names += [other_name(element(0xA0, utf8(text)), kind=oid) for text in texts]
    extensions = [extension(oid, octets(b"x")) for oid in wish.get("extensions", ())]
    if names:
        extensions.append(san(*names))
    pem = signing_request(
        subject=name(
            *(set_of(typed(oid, utf8(text))) for oid, texts in attributes for text in texts)
        ),
        attributes=element(0xA0, *([extension_request(*extensions)] if extensions else [])),
        signer=signer(),
    )
    manifest = certificate_request(
        "web",
        "team-a",
        pem.decode(),
        usages=wish["usages"],
        isCA=wish["isCA"],
        duration=f"{wish['hours']}h",
    )
    return Request.parse(manifest)


def exactly(wish: Wish, style: Style) -> Spec:
    """Allow what a wish asks for, and nothing else."""
    return (_structured if style is Style.STRUCTURED else _pattern)(wish)


def _structured(wish: Wish) -> Spec:
    spec = {"selector.issuerRef": {}, "allowed.usages": wish["usages"]}
    spec |= {f"allowed.{field}.value": wish[field] for field in SINGLE if field in wish}
    spec |= {f"allowed.{field}.values": wish[field] for field in LISTS if field in wish}
    for field in BY_OID:
        if field in wish:
            spec[f"allowed.{field}"] = [
                {"oid": oid} | ({"values": texts} if field != "extensions" else {})
                for oid, texts in wish[field].items()
            ]
    hours = f"{wish['hours']}h"
    return spec | {
        "allowed.isCA": wish["isCA"],
        "constraints.minDuration": hours,
        "constraints.maxDuration": hours,
        "constraints.privateKey.algorithm": "ECDSA",
        "constraints.privateKey.minSize": 256,
        "constraints.privateKey.maxSize": 256,
    }


def _pattern(wish: Wish) -> Spec:
    hours = f"{wish['hours']}h"
    spec = {field: wish.get(structured, "") for structured, field in SINGLE.items()}
    spec |= {field: wish.get(structured, []) for structured, field in LISTS.items()}
    return spec | {
        "allowedUsages": wish["usages"],
        "allowedIsCA": wish["isCA"],
        "minDuration": hours,
        "maxDuration": hours,
        "allowedPrivateKey.allowedAlgorithm": "ECDSA",
        "allowedPrivateKey.minSize": 256,
        "allowedPrivateKey.maxSize": 256,
    }


def everything(style: Style) -> Spec:
    """Allow all that the style can name."""
    if style is Style.PATTERN:
        lists = {field: ["*"] for field in [*LISTS.values(), "allowedUsages"]}
        return dict.fromkeys(SINGLE.values(), "*") | lists
    spec: Spec = {"selector.issuerRef": {}, "allowed.usages": list(USAGES), "allowed.isCA": True}
    spec |= {f"allowed.{field}.value": "*" for field in SINGLE}
    spec |= {f"allowed.{field}.values": ["*"] for field in LISTS}
    for field, oids in BY_OID.items():
        values = {"values": ["*"]} if field != "extensions" else {}
        spec[f"allowed.{field}"] = [{"oid": oid} | values for oid in oids]
    return spec


def narrower(spec: Spec) -> st.SearchStrategy[tuple[Spec, str]]:
    """Draw a spec with one allowance less, and the path that a request then violates."""
    choices = [
        (spec | {path: left}, f"spec.{path}{key}")
        for path, value in spec.items()
        for left, key in _taken_away(value)
    ]
    return st.sampled_from([*choices, *_other_bounds(spec)])


def _taken_away(value: Any) -> list[tuple[Any, str]]:  # noqa: ANN401 - any field's value
    """Return each way to take one thing from a field, with what follows its path when missed."""
    match value:
        case list():
            return [(_without(value, each), _key(each)) for each in value]
        case True:
            return [(False, "")]
        case "ECDSA":
            return [("RSA", "")]
        case str() if value and not value.endswith("h"):  # hours are bounds
            return [("", "")]
        case _:
            return []


def _other_bounds(spec: Spec) -> Iterator[tuple[Spec, str]]:
    """Yield it with each pair of bounds above, then below, what is asked for."""
    for least in [path for path in spec if ".min" in f".{path}"]:
        most = least.replace("min", "max")
        more, less = ("9h", "0h") if least.endswith("Duration") else (384, 224)
        yield spec | {least: more, most: more}, f"spec.{least}"
        yield spec | {least: less, most: less}, f"spec.{most}"


def _key(value: str | dict[str, Any]) -> str:
    return f"[{value['oid']}]" if isinstance(value, dict) else ""


def _without(values: list[Any], value: Any) -> list[Any]:  # noqa: ANN401 - any value
    return [other for other in values if other != value]


def policy_of(spec: Spec, name: str = "policy") -> Policy:
    nested: dict[str, Any] = {}
    for path, value in spec.items():
        *parents, last = path.split(".")
        inner = nested
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    judge = policy(name, **nested)
    assert judge.ready, judge.problems
    return judge


def violated(decision: Decision) -> set[str]:
    return {
        violation.field for trace in decision.policies.values() for violation in trace.violations
    }


STYLES = st.sampled_from(Style)


@QUICK
@given(st.data(), STYLES)
def test_what_a_policy_allows_it_approves(data: st.DataObject, style: Style) -> None:
    wish = data.draw(wishes(style))
    decision = review([policy_of(exactly(wish, style))], asks_for(wish))
    assert decision.verdict == "approved", decision.message


@QUICK
@given(st.data(), STYLES)
def test_one_allowance_less_is_one_field_violated(data: st.DataObject, style: Style) -> None:
    wish = data.draw(wishes(style))
    spec, path = data.draw(narrower(exactly(wish, style)))
    decision = review([policy_of(spec)], asks_for(wish))
    assert decision.verdict == "denied"
    assert violated(decision) == {path}


@QUICK
@given(st.data())
def test_a_field_that_is_left_out_of_structured_style_allows_nothing(data: st.DataObject) -> None:
    wish = data.draw(wishes(Style.STRUCTURED))
    spec = exactly(wish, Style.STRUCTURED)
    fields = sorted(SINGLE.keys() & wish.keys()) + sorted(LISTS.keys() & wish.keys()) + ["usages"]
    field = f"allowed.{data.draw(st.sampled_from(fields))}"
    kept = {path: value for path, value in spec.items() if not path.startswith(field)}
    assert violated(review([policy_of(kept)], asks_for(wish))) == {f"spec.{field}"}


@QUICK
@given(st.data(), STYLES)
def test_a_policy_of_stars_approves_what_its_style_can_name(
    data: st.DataObject, style: Style
) -> None:
    decision = review([policy_of(everything(style))], asks_for(data.draw(wishes(style))))
    assert decision.verdict == "approved", decision.message


@QUICK
@given(st.data(), st.randoms(use_true_random=False))
def test_order_changes_nothing(data: st.DataObject, chance: random.Random) -> None:
    wish = data.draw(wishes(Style.PATTERN, *BOTH))
    specs = {
        f"policy-{number}": exactly(data.draw(wishes(style, *BOTH)), style) | {"mode": mode}
        for number, style, mode in [
            (1, Style.STRUCTURED, "Enforce"),
            (2, Style.PATTERN, "Enforce"),
            (3, Style.PATTERN, "Audit"),
        ]
    }
    if data.draw(st.booleans()):
        specs["policy-4"] = exactly(wish, Style.STRUCTURED)
    decisions = [
        review([policy_of(spec, name) for name, spec in each.items()], asks_for(asked))
        for each, asked in ((specs, wish), (shuffled(specs, chance), shuffled(wish, chance)))
    ]
    assert said(decisions[0]) == said(decisions[1])


def shuffled(value: Any, chance: random.Random) -> Any:  # noqa: ANN401 - any JSON
    """Put all fields and all values in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(each, chance)) for key, each in value.items()]
        return dict(chance.sample(items, len(items)))
    return chance.sample(value, len(value)) if isinstance(value, list) else value


def said(decision: Decision) -> object:
    """Return what does not depend on any order."""
    return (
        decision.verdict,
        decision.policy,
        {
            name: (trace.verdict, {(each.field, each.value) for each in trace.violations})
            for name, trace in decision.policies.items()
        },
    )


@QUICK
@given(
    wishes(Style.PATTERN, *BOTH),
    wishes(Style.PATTERN, *BOTH),
    st.sets(st.sampled_from([*BOTH, "usages", "hours", "isCA"])),
)
def test_what_both_styles_can_say_they_decide_alike(
    allowed: Wish, other: Wish, agreed: set[str]
) -> None:
    asked = asks_for(other | {field: allowed[field] for field in agreed & allowed.keys()})
    structured = exactly(allowed, Style.STRUCTURED)
    # In pattern style a name must be there to match; a flag must be what the policy says.
    structured |= {f"allowed.{field}.required": True for field in SINGLE.keys() & allowed.keys()}
    pattern = exactly(allowed, Style.PATTERN)
    if allowed["isCA"]:
        del pattern["allowedIsCA"]
    one, two = (review([policy_of(spec)], asked) for spec in (structured, pattern))
    assert one.verdict == two.verdict
    assert {IN_PATTERN_STYLE[plain(path)] for path in violated(one)} == violated(two)


def plain(path: str) -> str:
    """Return the path of the field in which a violation was found."""
    for part in (".value", ".values", ".required"):
        path = path.removesuffix(part)
    return path.removeprefix("spec.")


IN_PATTERN_STYLE = {
    **{f"allowed.{field}": f"spec.{pattern}" for field, pattern in (SINGLE | LISTS).items()},
    "allowed.usages": "spec.allowedUsages",
    "allowed.isCA": "spec.allowedIsCA",
    "constraints.minDuration": "spec.minDuration",
    "constraints.maxDuration": "spec.maxDuration",
}
