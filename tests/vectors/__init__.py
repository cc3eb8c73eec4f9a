"""Test vectors: requests and policies as data, with what a correct review decides about them."""

import gzip
import json
from pathlib import Path
from typing import Any, Final

# Rules in the vectors that approver-policy cannot compile: it lacks Kubernetes' libraries.
ADDED_RULES: Final = ("isIP(self)", "ip(self).family() == 4", "url(self).getHost() == 'x'")


def load(name: str) -> list[dict[str, Any]]:
    """Return the cases of `name`.jsonl or `name`.jsonl.gz, in the file's order."""
    plain = Path(__file__).parent / f"{name}.jsonl"
    packed = plain.with_suffix(".jsonl.gz")
    lines = gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes()
    return [json.loads(line) for line in lines.splitlines()]
