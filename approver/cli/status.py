"""Exit statuses: never a count, so that CI can tell a bad policy from a cluster that was away."""

from typing import Final

GOOD: Final = 0
"""There is nothing to report."""
NO: Final = 1
"""The command's question has the answer "no": denied, failed, found, different."""
UNUSABLE: Final = 2
"""The input, or the way the command was called, cannot be used."""
UNKNOWN: Final = 3
"""It could not be found out."""
