"""Log lines, in both formats, as another process reads them."""

import json
import subprocess
import sys

import pytest

from approver.ops.logs import LEVELS

SAY = """
import logging, sys
from approver.ops.logs import configure
configure(sys.argv[1], sys.argv[2])
log = logging.getLogger("approver.test")
log.debug("looking", extra={"request": "team-a/web"})
log.info("request %s", "approved", extra={"request": "team-a/web", "policies": {"web": "approved"}})
try:
    raise ValueError("no")
except ValueError:
    log.exception("failed", extra={"note": "two words"})
"""


def lines(level: str, form: str) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", SAY, level, form], capture_output=True, text=True, check=True
    )
    assert result.stdout == ""
    return result.stderr.splitlines()


def test_text_has_a_time_a_level_a_message_and_fields() -> None:
    approved, failed, *traceback = lines("info", "text")
    time, rest = approved.split(" ", 1)
    assert time.endswith("+00:00")
    assert (
        rest
        == """INFO request approved request=team-a/web policies="{\\"web\\": \\"approved\\"}\""""
    )
    assert failed.endswith('ERROR failed note="two words"')
    assert traceback[-1] == "ValueError: no"


def test_json_is_one_object_a_line() -> None:
    approved, failed = map(json.loads, lines("info", "json"))
    time = approved.pop("time")
    assert time.endswith("+00:00")
    assert approved == {
        "level": "info",
        "logger": "approver.test",
        "message": "request approved",
        "request": "team-a/web",
        "policies": {"web": "approved"},
    }
    assert failed["exception"].endswith("ValueError: no")


def test_no_value_can_look_like_other_fields_or_lines() -> None:
    say = SAY.partition("log.debug")[0] + (
        "log.info('m', extra={'issuer': 'x\",policies={}', 'a': 'b=c', 'd': 'e\\\\f', "
        "'bidi': '\\u202eevil\\x85\\x9b', 'line': 'a\\nb', 'long': 'x' * 1000000})\n"
    )

    def said(form: str) -> str:
        command = [sys.executable, "-c", say, "info", form]
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr

    text = said("text")
    assert text.count("\n") == 1
    assert r'''issuer="x\",policies={}" a="b=c" d="e\\f" bidi="\u202eevil\u0085\u009b"''' in text
    assert "and 995904 more characters" in text
    assert len(text) < 5000
    entry = said("json")
    assert entry[:-1].isprintable()
    assert json.loads(entry)["bidi"] == "\u202eevil\x85\x9b"
    assert len(entry) < 5000


@pytest.mark.parametrize(("level", "number"), [*zip(LEVELS, (1, 1, 2, 3), strict=True)])
def test_a_level_leaves_out_what_is_less(level: str, number: int) -> None:
    assert len(lines(level, "json")) == number
