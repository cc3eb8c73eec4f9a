"""Read random changes of hostile and honest requests for a while: `python -m tests.x509.fuzz`.

Whatever is read must mean the same to a second reader, and whatever is not must be Refused. The
exit status is 1 if anything else was found.
"""

import argparse
import base64
import contextlib
import functools
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator

from approver.x509 import Refused, read
from approver.x509.pem import unwrap
from tests.vectors import load
from tests.x509 import build
from tests.x509.mutate import info_of, mutated
from tests.x509.oracle import differences

_MOST_FINDS = 20


def check(pem: bytes) -> str:
    """Read a request and return the rule that it breaks, or ""; a find is an AssertionError."""
    try:
        csr = read(pem)
    except Refused as refused:
        return _checked(refused)
    different = differences(csr, pem)
    assert not different, f"read otherwise: {', '.join(different)}"
    return ""


@functools.cache
def corpus() -> tuple[bytes, ...]:
    """Return what is changed: CertificationRequestInfos, each with another trick in it."""
    return tuple(_infos())


def fuzz(seconds: float, rng: random.Random) -> tuple[Counter[str], list[str]]:
    """Return how many requests broke which rule, and the finds: what is wrong, and the request."""
    outcomes: Counter[str] = Counter()
    finds: list[str] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and len(finds) < _MOST_FINDS:
        pem = mutated(rng, corpus())
        try:
            outcomes[check(pem) or "read"] += 1
        except Exception as error:  # noqa: BLE001 whatever is raised is a find
            finds.append(f"{error!r}\n{pem!r}")
    return outcomes, finds


def _checked(refused: Refused) -> str:
    assert refused.rule != "unreadable", refused.message
    assert len(refused.message) <= 300, refused.message
    assert refused.message.isprintable(), refused.message
    return refused.rule


def _infos() -> Iterator[bytes]:
    yield info_of(unwrap(build.rich_request()))
    for form in load("csrs"):
        yield info_of(unwrap(form["request"].encode()))
    for case in load("hostile"):
        with contextlib.suppress(Refused):
            yield info_of(unwrap(base64.b64decode(case["request"]["spec"]["request"])))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.x509.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="repeat a run")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)  # noqa: S311 a run can be repeated
    outcomes, finds = fuzz(arguments.seconds, rng)
    lines = [
        *finds,
        f"seed {arguments.seed}: {outcomes.total() + len(finds)} requests, {len(finds)} finds",
        ", ".join(f"{outcome} {count}" for outcome, count in outcomes.most_common()),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
