"""The programs that tests need, in the user's cache: built from `modules/`, or out of packages."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.controlplane.debian import FetchError, Package, unpack
from tests.controlplane.waiting import wait_until

SOURCES = Path(__file__).parent / "modules"
# Of some modules, an older version to build of the same sources: those that the environment's OLDER
# names, separated by spaces.
OLDER = SOURCES / "older"
BUILD_SECONDS = 30 * 60
REPORT_SECONDS = 15
# What a user may have set for other work; where modules come from stays the user's choice.
SETTINGS = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly -buildvcs=false",
    "GOWORK": "off",
    "GOOS": "",
    "GOARCH": "",
}


class BuildError(Exception):
    """A program cannot be built here."""


@dataclass(frozen=True, slots=True)
class Module:
    """A folder of `modules/` and what it makes.

    `packages` are programs by name; `folders` are copied from the sources of modules, given as
    module and path. `origin` is the module that the folder is there for, `version_variable` where a
    program keeps its version.
    """

    name: str
    origin: str
    packages: Mapping[str, str]
    folders: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    version_variable: str = ""

    @property
    def products(self) -> tuple[str, ...]:
        return (*self.packages, *self.folders)


KUBERNETES = "k8s.io/kubernetes"
CERT_MANAGER = "github.com/cert-manager/cert-manager"
_PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator"
MODULES = (
    Module(
        "etcd",
        origin="go.etcd.io/etcd/server/v3",
        packages={"etcd": "go.etcd.io/etcd/server/v3"},
    ),
    Module(
        "kubernetes",
        origin=KUBERNETES,
        packages={"kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver"},
        version_variable="k8s.io/component-base/version.gitVersion",
    ),
    Module(
        "certmanager",
        origin=CERT_MANAGER,
        packages={
            "cert-manager-webhook": "./webhook",
            "cert-manager-controllers": "./controllers",
            "cert-manager-cainjector": "./cainjector",
            "cert-manager-reader": "./reader",
        },
        folders={
            "cert-manager-crds": (CERT_MANAGER, "deploy/crds"),
            "gateway-api-crds": ("sigs.k8s.io/gateway-api", "config/crd/standard"),
        },
    ),
    Module(
        "helm",
        origin="helm.sh/helm/v3",
        packages={"helm": "helm.sh/helm/v3/cmd/helm"},
    ),
    Module(
        "prometheus-operator",
        origin=_PROMETHEUS_OPERATOR,
        packages={},
        folders={
            "prometheus-operator-crds": (_PROMETHEUS_OPERATOR, "example/prometheus-operator-crd")
        },
    ),
)
PACKAGES = (
    Package(
        "prometheus",
        programs={"prometheus": "usr/bin/prometheus", "promtool": "usr/bin/promtool"},
    ),
)
PRODUCTS = tuple(product for source in (*MODULES, *PACKAGES) for product in source.products)


def find(product: str) -> Path:
    """Say where one of `PRODUCTS` is, and build or fetch it first if it is nowhere.

    `KUBEBUILDER_ASSETS` may name a folder that holds `kube-apiserver` and `etcd` ready to run. What
    is out of a package may be on the PATH already.
    """
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        ready = Path(assets, product)
        if ready.is_file() and product in {"kube-apiserver", "etcd"} and not older():
            return ready
    source = next(source for source in (*MODULES, *PACKAGES) if product in source.products)
    if isinstance(source, Package) and source.on_path:
        return source.on_path / product
    home = cache() / f"{source.name}-{digest(source)}"
    if not home.is_dir():
        with lock():
            if not home.is_dir():
                make(source, home)
    return home / product


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base, "policy-approver", "controlplane")
    path.mkdir(parents=True, exist_ok=True)
    return path


def older() -> set[str]:
    """Say which modules are to be of their older version."""
    names = set(os.environ.get("OLDER", "").split())
    if unknown := sorted(names - {file.stem for file in OLDER.glob("*.mod")}):
        raise BuildError(f"OLDER: there is no older version of {', '.join(unknown)}")
    return names


def requirements(name: str) -> Path:
    """Say where the versions of a module's requirements stand; the file of their sums is beside."""
    return OLDER / f"{name}.mod" if name in older() else SOURCES / name / "go.mod"


def required(file: Path, module: str) -> str:
    """Read which version of a module a file of requirements asks for, without the `v`."""
    found = re.search(rf"(?m)^(?:require |\t){re.escape(module)} v(\S+)", file.read_text())
    if not found:
        raise BuildError(f"{module} is not in {file}")
    return found[1]


def digest(source: Module | Package) -> str:
    """Name a recipe by its content, so that a change of it is a build of its own."""
    state = hashlib.sha256(repr(source).encode())
    files = [path for path in (SOURCES / source.name).rglob("*") if path.is_file()]
    if source.name in older():
        files += OLDER.glob(f"{source.name}.*")
    for path in sorted(files):
        state.update(f"\0{path.relative_to(SOURCES)}\0".encode() + path.read_bytes())
    return state.hexdigest()[:12]


@contextlib.contextmanager
def lock() -> Iterator[None]:
    """Let one process build at a time; the others then find what it built."""
    with (cache() / "lock").open("w") as file:
        if not locked(file):
            say("waiting for another build to end")
            wait_until(lambda: locked(file), BUILD_SECONDS, "another build does not end")
        yield


def locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def make(source: Module | Package, home: Path) -> None:
    """Work aside and rename, so that an interrupted build leaves nothing that looks finished."""
    for interrupted in home.parent.glob(".building-*"):
        shutil.rmtree(interrupted)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=home.parent) as scratch:
        result = Path(scratch, home.name)
        result.mkdir()
        if isinstance(source, Package):
            fetch(source, result)
        else:
            build(source, result)
        result.rename(home)


def fetch(package: Package, result: Path) -> None:
    say(f"fetching {package.name}")
    try:
        unpack(package, result)
    except FetchError as error:
        raise BuildError(str(error)) from error


def build(module: Module, result: Path) -> None:
    """Build a module's programs, and copy its folders."""
    version = go(module, "list", "-m", "-f", "{{.Version}}", module.origin)
    flags = "-s -w"
    if module.version_variable:
        flags += f" -X {module.version_variable}={version}"
    for program, package in module.packages.items():
        output = str(result / program)
        say(f"building {program} {version}, which takes minutes the first time")
        go(module, "build", "-trimpath", "-ldflags", flags, "-o", output, package)
    for name, (origin, folder) in module.folders.items():
        go(module, "mod", "download", origin)
        source = Path(go(module, "list", "-m", "-f", "{{.Dir}}", origin), folder)
        shutil.copytree(source, result / name, copy_function=shutil.copyfile)


def go(module: Module, *arguments: str) -> str:
    """Run `go` in a module's folder and give its output."""
    program = shutil.which("go")
    if program is None:
        raise BuildError("building the test control plane needs Go, and there is no go on the PATH")
    folder = SOURCES / module.name
    flags = f"{SETTINGS['GOFLAGS']} -modfile={os.path.relpath(requirements(module.name), folder)}"
    process = subprocess.Popen(
        [program, *arguments],
        cwd=folder,
        env=os.environ | SETTINGS | {"GOFLAGS": flags},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    output, errors = attend(process)
    if process.returncode:
        lines = [line for line in errors.splitlines() if not line.startswith("go: downloading ")]
        raise BuildError("\n".join(lines[-20:]) or f"go {arguments[0]} failed")
    return output.strip()


def attend(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a process and give what it wrote, saying every now and then that it still runs."""
    try:
        for elapsed in range(REPORT_SECONDS, BUILD_SECONDS, REPORT_SECONDS):
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=REPORT_SECONDS)
            say(f"  {elapsed} s")
        raise BuildError(f"go did not end in {BUILD_SECONDS} s")
    finally:
        process.kill()
        process.wait()


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
