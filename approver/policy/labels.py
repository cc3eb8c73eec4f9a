"""Which labels of a namespace a policy asks for: Kubernetes' label selector."""

import re
from collections.abc import Iterator
from typing import Final

from approver.model import dns, quote, quote_all
from approver.model.labels import Requirement
from approver.policy.spec_reader import SpecReader

_NAME: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX: Final = re.compile(dns.SHORT_SUBDOMAIN)
_WITH_VALUES: Final = ("In", "NotIn")
_OPERATORS: Final = (*_WITH_VALUES, "Exists", "DoesNotExist")


def read_requirements(match_labels: SpecReader, expressions: SpecReader) -> Iterator[Requirement]:
    """Read `matchLabels` and `matchExpressions`, noting problems; leave out what is wrong."""
    for name in match_labels.mapping() or {}:
        _check_key(name, match_labels)
        value = match_labels.child(name).text()
        if value is not None:
            _check_value(value, match_labels)
            yield Requirement(name, "In", (value,))
    for item in expressions.items() or ():
        yield from _requirement(item)


def _requirement(item: SpecReader) -> Iterator[Requirement]:
    key, operator, values = item.child("key"), item.child("operator"), item.child("values")
    for node in (key, operator):
        if not node.text():
            node.problem("is required")
    if key.text():
        _check_key(key.text() or "", key)
    word, listed = operator.text(), values.items() or ()
    if word and word not in _OPERATORS:
        operator.problem(f"{quote(word)} is none of {quote_all(_OPERATORS)}")
    elif word in _WITH_VALUES and not listed:
        values.problem(f"is required with {word}, and must not be empty")
    elif word and word not in _WITH_VALUES and listed:
        values.problem(f"must not be set with {word}")
    elif word and len(texts := values.texts() or ()) == len(listed):
        for value, text in zip(listed, texts, strict=True):
            _check_value(text, value)
        if name := key.text():
            yield Requirement(name, word, texts)


def _check_key(key: str, node: SpecReader) -> None:
    prefix, slash, name = key.rpartition("/")
    if not _NAME.fullmatch(name) or (slash and not _PREFIX.fullmatch(prefix)):
        node.problem(f"{quote(key)} is not a label's name")


def _check_value(value: str, node: SpecReader) -> None:
    if value and not _NAME.fullmatch(value):
        node.problem(f"{quote(value)} is not a label's value")
