"""The shape of SARIF 2.1.0, as far as GitHub's code scanning and other readers go by it.

In our own words after the OASIS standard, sections 3.13 to 3.49; nothing else may be there, so
that a name that the standard does not know is noticed.
"""

from collections.abc import Mapping
from typing import Any, Final

_TEXT: Final = {"type": "string", "minLength": 1}
_LEVEL: Final = {"enum": ["none", "note", "warning", "error"]}
_COUNT: Final = {"type": "integer", "minimum": 1}


def _object(required: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - schemas
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: Mapping[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_MESSAGE: Final = _object("text", text=_TEXT)
_RULE: Final = _object(
    "id",
    id=_TEXT,
    name=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    helpUri={"type": "string", "pattern": "^https://[!-~]+$"},
    defaultConfiguration=_object("level", level=_LEVEL),
)
_DRIVER: Final = _object(
    "name",
    name=_TEXT,
    version=_TEXT,
    informationUri={"type": "string", "pattern": "^https://[!-~]+$"},
    rules={**_list(_RULE), "uniqueItems": True},
)
_REGION: Final = _object(
    "startLine", startLine=_COUNT, startColumn=_COUNT, endLine=_COUNT, endColumn=_COUNT
)
# A reference to a resource (RFC 3986): neither spaces nor letters outside of ASCII.
_ARTIFACT: Final = _object(
    "uri", uri={"type": "string", "pattern": r"^[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+$"}
)
_LOCATION: Final = _object(
    "physicalLocation",
    physicalLocation=_object("artifactLocation", artifactLocation=_ARTIFACT, region=_REGION),
)
_RESULT: Final = _object(
    "message",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    message=_MESSAGE,
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
    locations=_list(_LOCATION, 1),
)
_RUN: Final = _object(
    "tool results",
    tool=_object("driver", driver=_DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_list(_RESULT),
)
SCHEMA: Final = _object(
    "version runs",
    **{"$schema": {"type": "string", "pattern": "sarif.*2[.]1[.]0"}},
    version={"const": "2.1.0"},
    runs=_list(_RUN, 1),
)
