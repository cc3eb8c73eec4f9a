"""Build the wheel, install it into an environment of its own, and use it there."""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS = 300
EXAMPLES = (ROOT / "policies" / "minio.yaml", ROOT / "tests" / "demo" / "certificates.yaml")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="policy-approver-") as directory:
        environment = Path(directory) / "environment"
        run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", directory, ROOT)
        [wheel] = Path(directory).glob("*.whl")
        venv.create(environment, with_pip=True)
        pip = (environment / "bin" / "pip", "--quiet", "--disable-pip-version-check")
        run(*pip, "install", "--require-hashes", "-r", ROOT / "requirements.lock")
        run(*pip, "install", "--no-deps", wheel)
        approver = environment / "bin" / "approver"
        run(approver, "--version", cwd=directory)
        said = json.loads(run(approver, "check", "-o", "json", *EXAMPLES, cwd=directory, status=1))
        assert [found["verdict"] for found in said["requests"]] == ["approved", "denied", "denied"]
        plugin = environment / "bin" / "kubectl-approver"
        built = json.loads(run(plugin, "version", "-o", "json", cwd=directory))
        assert not built["commit"].startswith("unknown"), built
        completion = environment / "bin" / "kubectl_complete-approver"
        assert run(completion, "che", cwd=directory) == "check\n:4\n"
        error = run(approver, "run", "--kubeconfig=none", cwd=directory, status=2)
        assert not error, error
    sys.stdout.write("the wheel installs and works\n")


def run(*command: str | Path, cwd: str | Path = ROOT, status: int = 0) -> str:
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        timeout=SECONDS,
        check=False,
        text=True,
    )
    if result.returncode != status:
        raise SystemExit(f"{command}: exit status {result.returncode}, not {status}")
    return result.stdout


if __name__ == "__main__":
    main()
