"""Run the control plane by hand: `python -m tests.controlplane`."""

import argparse
import signal
import sys

from tests.controlplane import binaries, chart
from tests.controlplane.certmanager import install_definitions
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ADMIN, IDENTITIES
from tests.controlplane.processes import StartError

ENDING = {signal.SIGINT, signal.SIGTERM}
INTERRUPTED = 130


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.controlplane", description=__doc__)
    parser.add_argument("--build-only", action="store_true", help="build the programs and end")
    parser.add_argument("--without-cert-manager", action="store_true")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for product in binaries.PRODUCTS:
            binaries.find(product)
        if not arguments.build_only:
            serve(cert_manager=not arguments.without_cert_manager)
    except (binaries.BuildError, StartError, TimeoutError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def serve(*, cert_manager: bool) -> None:
    """Run until SIGINT or SIGTERM."""
    with ControlPlane(cert_manager=cert_manager) as cluster:
        install_definitions(cluster.client(), chart.DEFINITIONS)
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        sys.stdout.write(usage(cluster))
        sys.stdout.flush()
        signal.sigwait(ENDING)


def usage(cluster: ControlPlane) -> str:
    others = "".join(
        f"  {cluster.kubeconfig(identity)}\n" for identity in IDENTITIES if identity != ADMIN
    )
    return f"""\
The API server listens on {cluster.url}; logs are in {cluster.directory}.

  export KUBECONFIG={cluster.kubeconfig()}
  kubectl get certificaterequestpolicies

Others who may call, with no permission until a role is bound to them:

{others}
Ctrl-C stops it.
"""


if __name__ == "__main__":
    sys.exit(main())
