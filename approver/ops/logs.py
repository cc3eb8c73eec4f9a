"""Log lines: a message, and fields that say what it is about.

log.info("request approved", extra={"request": "team-a/web", "policy": "web"})
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from approver.model import shorten

_LONGEST_VALUE: Final = 4096  # characters of a field: a tenant writes what is logged
_OWN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_BARE: Final = re.compile(r"[^\s\"=\\]+")  # what needs no quotes

LEVELS: Final = ("error", "warning", "info", "debug")


def configure(level_name: str, form: str) -> None:
    """Send the log of the whole process to standard error, at one of LEVELS, in one of FORMATS."""
    level = logging.getLevelNamesMapping()[level_name.upper()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[form]())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library in ("asyncio", "aiohttp.access"):
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
    # It has a traceback for each request that is no HTTP.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return `TIME LEVEL message key=value ...`, values as JSON where they need quotes."""
        fields = "".join(f" {name}={_plain(value)}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname} {record.getMessage()}{fields}"
        return f"{line}\n{self._traceback(record)}" if record.exc_info else line

    def _traceback(self, record: logging.LogRecord) -> str:
        return self.formatException(record.exc_info) if record.exc_info else ""


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _json(line)


FORMATS: Mapping[str, type[logging.Formatter]] = {"text": _Text, "json": _Json}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    own = _OWN_ATTRIBUTES
    return {name: _short(value) for name, value in vars(record).items() if name not in own}


def _short(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Cut a text, or what is long as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return shorten(text, _LONGEST_VALUE) if len(text) > _LONGEST_VALUE else value


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else _json(value)
    bare = text.isprintable() and _BARE.fullmatch(text)
    return text if bare else _json(text)


def _json(value: object) -> str:
    """Return JSON in which all that could deceive a reader is escaped."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
