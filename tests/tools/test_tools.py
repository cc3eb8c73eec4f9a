"""Whatever an installed program writes is approved by a policy that permits it."""

from pathlib import Path

import pytest

import approver
from tests.controlplane.manifests import certificate_request
from tests.examples import policy
from tests.review.test_vectors import EVERYTHING
from tests.tools.page import PAGE
from tests.tools.tools import TOOLS, Form, Tool

CASES = [
    pytest.param(tool, form, id=f"{tool.name}: {form.title}")
    for tool in TOOLS
    for form in tool.forms
]


@pytest.mark.parametrize(("tool", "form"), CASES)
def test_is_approved(tool: Tool, form: Form, tmp_path: Path) -> None:
    if tool.installed is None:
        pytest.skip(f"{tool.program} is not installed")
    csr = tool.make(form, tmp_path).decode()
    judge = policy(selector=EVERYTHING["selector"], allowed={**EVERYTHING["allowed"], **form.needs})
    request = approver.Request.parse(certificate_request("web", "team-a", csr, **form.spec))
    decision = approver.review([judge], request)
    assert decision.verdict == "approved", decision.message


@pytest.mark.parametrize(("tool", "form"), CASES)
def test_is_on_the_page(tool: Tool, form: Form) -> None:
    """`make generate` writes it, with the versions of those that are installed."""
    [row] = [line for line in PAGE.read_text().splitlines() if line.startswith(f"| {tool.name} |")]
    assert form.title in row
