"""The image, built by buildah without a daemon and without a registry."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from tests.controlplane.binaries import say
from tests.crds.examples import REPOSITORY

DOCKERFILE = REPOSITORY / "deploy" / "Dockerfile"
_SUITE = "bookworm"
_PACKAGES = "python3,python3-venv,ca-certificates"
_TOOLS = ("debootstrap", "buildah")
_SECONDS = 900


class BuildFailedError(Exception):
    """The image cannot be built here."""


class Builder:
    """Keeps base and layers in a folder, so that only the first build takes minutes."""

    def __init__(self, storage: Path) -> None:
        self._storage = storage
        missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
        if missing:
            raise SystemExit(f"make image needs {' and '.join(missing)}: Debian's packages")
        if os.geteuid() != 0:
            raise SystemExit("make image needs root, for a file system of its own")

    def build(self) -> str:
        """Build it; return its name."""
        base = self._base()
        revision = self._run("git", "-C", str(REPOSITORY), "rev-parse", "HEAD").strip()
        certificates = ssl.get_default_verify_paths().cafile or ""
        say("building the image")
        self._buildah(
            "bud",
            "--isolation=chroot",
            "--pull-never",
            # Where packages come from is the user's choice, and so is whom that is trusted to be.
            *([f"--volume={certificates}:{certificates}:ro"] if certificates else []),
            *(f"--env={name}" for name in ("PIP_INDEX_URL",) if name in os.environ),
            f"--build-arg=PYTHON={base}",
            f"--build-arg=VERSION={version('policy-approver')}",
            f"--build-arg=REVISION={revision}",
            "--tag=policy-approver",
            f"--file={DOCKERFILE}",
            str(REPOSITORY),
        )
        return "policy-approver"

    @contextmanager
    def mounted(self, image: str) -> Iterator[Path]:
        """Give the image's files."""
        container = self._buildah("from", "--pull-never", image).strip()
        try:
            yield Path(self._buildah("mount", container).strip())
        finally:
            self._buildah("rm", container)

    def _base(self) -> str:
        """Make what stands in for the official image of Python, once."""
        name = f"localhost/python-{_SUITE}"
        if name in self._buildah("images", "--format={{.Name}}"):
            return name
        root = self._storage / "base"
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        say("making a base from Debian's packages, which takes minutes")
        self._run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(root))
        container = self._buildah("from", "scratch").strip()
        self._buildah("add", "--quiet", container, str(root), "/")
        self._buildah("commit", "--quiet", container, name)
        self._buildah("rm", container)
        shutil.rmtree(root)
        return name

    def _buildah(self, command: str, *arguments: str) -> str:
        storage = self._storage / "storage", self._storage / "run"
        return self._run(
            "buildah",
            "--storage-driver=vfs",
            f"--root={storage[0]}",
            f"--runroot={storage[1]}",
            command,
            *arguments,
        )

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if done.returncode:
            end = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
            raise BuildFailedError(f"{command[0]} {command[-1]}:\n{end}")
        return done.stdout
