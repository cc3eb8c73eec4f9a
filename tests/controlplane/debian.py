"""Programs out of Debian's packages: fetched and unpacked, not installed, so no service starts."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FETCH_SECONDS = 10 * 60


class FetchError(Exception):
    """A package cannot be had here."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package, and the paths in it of the programs that it is there for, by their names."""

    name: str
    programs: Mapping[str, str]

    @property
    def products(self) -> tuple[str, ...]:
        return tuple(self.programs)

    @property
    def on_path(self) -> Path | None:
        """The folder on the PATH that has all of its programs."""
        folders = {Path(found).parent for found in map(shutil.which, self.programs) if found}
        complete = all(map(shutil.which, self.programs)) and len(folders) == 1
        return folders.pop() if complete else None


def unpack(package: Package, result: Path) -> None:
    """Put a package's programs into a folder; needs apt, no root, and no lists of packages."""
    missing = [program for program in ("apt-get", "dpkg-deb") if not shutil.which(program)]
    if missing:
        programs = " and ".join(package.programs)
        raise FetchError(
            f"{package.name} is fetched as a Debian package, and there is no {missing[0]} on the"
            f" PATH: put {programs} there instead"
        )
    with tempfile.TemporaryDirectory() as scratch:
        apt = [*_own_apt(Path(scratch)), "-qq"]
        _run([*apt, "update"], scratch)
        _run([*apt, "download", package.name], scratch)
        [archive] = Path(scratch).glob("*.deb")
        _run(["dpkg-deb", "--extract", str(archive), "unpacked"], scratch)
        for name, path in package.programs.items():
            shutil.copy(Path(scratch, "unpacked", path), result / name)


def _own_apt(scratch: Path) -> list[str]:
    """Give the call of an apt whose lists are its own: those of the machine may be old, or none."""
    for folder in ("lists/partial", "archives/partial"):
        (scratch / folder).mkdir(parents=True)
    settings = {
        "Dir::State::Lists": scratch / "lists",
        "Dir::Cache": scratch,
        "APT::Sandbox::User": "",  # which may not write here
    }
    return ["apt-get", *(f"--option={name}={value}" for name, value in settings.items())]


def _run(command: list[str], folder: str) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
    )
    if done.returncode:
        raise FetchError(f"{' '.join(command)}:\n{done.stderr.strip()}")
