"""kubectl as people run it, where there is one."""

import shutil
import subprocess
from pathlib import Path

import pytest

_KUBECTL = shutil.which("kubectl")
_SECONDS = 30

Ran = subprocess.CompletedProcess[str]
needs_kubectl = pytest.mark.skipif(_KUBECTL is None, reason="there is no kubectl")


def kubectl(kubeconfig: Path, cache: Path, *arguments: str, text: str = "") -> Ran:
    """Run it with a text as its standard input; `cache` is a folder for what it remembers."""
    return subprocess.run(
        [str(_KUBECTL), f"--kubeconfig={kubeconfig}", f"--cache-dir={cache}", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
