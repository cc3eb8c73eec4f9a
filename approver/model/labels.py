"""Labels: what a selector asks of them, and those of a namespace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_NAME: Final = "kubernetes.io/metadata.name"


def namespace_labels(name: str, labels: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return the labels of a namespace, with the one that the API server adds to each."""
    return {**(labels or {}), _NAME: name}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is asked of the label with a key: one of Kubernetes' four operators, and its values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def is_met(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels meet it; one that is not there is NotIn whatever is listed."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value in self.values
            case "NotIn":
                return value not in self.values
            case "Exists":
                return value is not None
            case _:
                return value is None
