"""What we accept is signed by cert-manager's own code as we have read it, to the last byte."""

import base64
import random
import sys
from collections import Counter
from collections.abc import Callable

import pytest

from approver.x509 import Refused
from tests.vectors import load
from tests.x509.fuzz import corpus
from tests.x509.mutate import mutated
from tests.x509.signed import Spec, accepted, agreeing, can_be_permitted, differences, sign

SEED = 20260727
MUTATIONS = 4_000


def hostile() -> list[Spec]:
    return [case["request"]["spec"] for case in load("hostile")]


def of_real_tools() -> list[Spec]:
    return [
        {
            "request": base64.b64encode(form["request"].encode()).decode(),
            "usages": form["usages"],
            "isCA": form["isCA"],
        }
        for form in load("csrs")
    ]


def changed() -> list[Spec]:
    rng = random.Random(SEED)  # noqa: S311 the same ones each time
    return [agreeing(mutated(rng, corpus())) for _ in range(MUTATIONS)]


@pytest.mark.parametrize("requests", [hostile, of_real_tools, changed])
def test_cert_manager_signs_what_we_have_read(
    requests: Callable[[], list[Spec]],
) -> None:
    specs = requests()
    finds: list[str] = []
    outcomes: Counter[str] = Counter()
    for spec, signed in zip(specs, sign(specs), strict=True):
        try:
            csr = accepted(spec)
        except Refused as refused:
            # That we are stricter is on purpose, and no find.
            outcomes["refused by both" if "error" in signed else f"signed, not {refused.rule}"] += 1
            continue
        if not can_be_permitted(csr):
            outcomes["denied by every policy"] += 1
            continue
        outcomes["accepted"] += 1
        finds += [f"{different}\n{spec}" for different in differences(csr, spec, signed)]
    sys.stdout.write(f"{dict(outcomes.most_common())}\n")  # for `pytest -rP`

    assert not finds, "\n".join(finds[:5])
    assert outcomes["accepted"]
