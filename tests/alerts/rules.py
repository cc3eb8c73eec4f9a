"""The alerts as they are shipped, and as they would be if time went faster."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import yaml

from tests.crds.examples import REPOSITORY

FILE: Final = REPOSITORY / "deploy" / "prometheus" / "rules.yaml"
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule."""

    name: str
    expression: str
    severity: str
    annotations: Mapping[str, str]


def alerts() -> list[Alert]:
    """Read the alerts of the file, in its order."""
    return [
        Alert(rule["alert"], rule["expr"], rule["labels"]["severity"], rule["annotations"])
        for group in _content()["groups"]
        for rule in group["rules"]
    ]


def hastened(factor: int) -> str:
    """Give the file's text with every duration divided: an hour passes in 3600 / `factor` s."""
    content = _content()
    for group in content["groups"]:
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = _shorter(rule["for"], factor)
            shorter = partial(_shorter_range, factor=factor)
            rule["expr"] = re.sub(r"\[(\w+)\]", shorter, rule["expr"])
    return yaml.safe_dump(content)


def _content() -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def _shorter_range(found: re.Match[str], factor: int) -> str:
    return f"[{_shorter(found[1], factor)}]"


def _shorter(duration: str, factor: int) -> str:
    time = timedelta(**{_UNITS[duration[-1]]: int(duration[:-1])})
    return f"{time / factor // timedelta(seconds=1)}s"
