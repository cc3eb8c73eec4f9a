"""What the image was last built and tried out from, so that a change of it is not forgotten."""

import hashlib
import json
from pathlib import Path

from tests.crds.examples import REPOSITORY

RECORD = REPOSITORY / "deploy" / "image.json"
_PARTS = ("deploy/Dockerfile", "requirements.lock", "requirements-build.lock")


def state() -> dict[str, str]:
    """Return the digests of what the image is made of, but for the program itself."""
    return {
        part: hashlib.sha256(Path(REPOSITORY, part).read_bytes()).hexdigest() for part in _PARTS
    }


def write_record(megabytes: int) -> None:
    RECORD.write_text(json.dumps({"built from": state(), "MB": megabytes}, indent=2) + "\n")


def recorded() -> dict[str, str]:
    """Return the digests as they were when the image was last built."""
    built: dict[str, str] = json.loads(RECORD.read_text())["built from"]
    return built
