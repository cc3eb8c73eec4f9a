"""For commands whose arguments are no settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoSettings:
    """No flags that have environment variables."""
