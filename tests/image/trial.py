"""The image's program, run as a cluster with the strictest settings would run it."""

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.crds.examples import REPOSITORY

USER = 65532
# A namespace of its own, in which the root is read-only; then no privileges, and none to be had.
_ENTER = """
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && mount -t proc proc "$1/proc" || exit 99
root=$1; shift
exec setpriv --no-new-privs --bounding-set=-all,+setuid,+setgid,+sys_chroot \
    chroot --userspec="$USER_ID:$USER_ID" "$root" "$@"
"""
_SECONDS = 60
_POLICY = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: web}
spec:
  selector: {namespace: {}}
  allowedDNSNames: ["*.example.com"]
  rules: [{rule: "request.dnsNames.all(name, name.endsWith('.example.com'))"}]
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: www, namespace: web}
spec: {dnsNames: [www.example.com], secretName: www, issuerRef: {name: ca}}
"""


def try_out(root: Path) -> None:
    """Run it; raise `AssertionError` if it does not do what it should, or may do what it must not.

    Rules run in processes of their own, so they are the test of what a locked-down container lets.
    """
    inputs = root / "tmp" / "trial.yaml"
    inputs.write_text(_POLICY)
    assert _run(root, "approver", "--version") == f"{version('policy-approver')}\n"
    said = _run(root, "approver", "check", "/tmp/trial.yaml")  # noqa: S108 - in the image
    assert said.startswith("APPROVED"), said
    assert _run(root, "id", "-u") == f"{USER}\n"
    assert _capabilities(root) == {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapAmb": 0}
    assert _fails(root, "touch", "/tmp/written")  # noqa: S108 - in the image
    assert not (root / "opt" / "policy-approver" / "bin" / "pip").exists()
    assert not (root / "source").exists()
    inputs.unlink()


def _capabilities(root: Path) -> dict[str, int]:
    """Return what a process has, or could hand on; each is a set of bits."""
    lines = _run(root, "cat", "/proc/self/status").splitlines()
    pairs = (line.split() for line in lines if line.startswith("Cap"))
    return {name.rstrip(":"): int(bits, 16) for name, bits in pairs if name != "CapBnd:"}


def _run(root: Path, *command: str) -> str:
    done = _enter(root, *command)
    assert done.returncode == 0, f"{command}: {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def _fails(root: Path, *command: str) -> bool:
    return _enter(root, *command).returncode not in {0, 99}


def _enter(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    unshare = shutil.which("unshare") or "unshare"
    path = "/opt/policy-approver/bin:/usr/local/bin:/usr/bin:/bin"
    return subprocess.run(
        [unshare, "--mount", "--pid", "--fork", "sh", "-c", _ENTER, "sh", str(root), *command],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        env={"PATH": f"{path}:/usr/sbin:/sbin", "USER_ID": str(USER), "PYTHONUNBUFFERED": "1"},
        cwd=REPOSITORY,
    )
