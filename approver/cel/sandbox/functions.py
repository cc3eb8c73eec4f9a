"""How modules say which functions rules have of them."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

# By the names that rules use. Several are overloads. Their signatures are their declarations.
Functions: TypeAlias = Mapping[str, Iterable[Callable[..., object]]]
