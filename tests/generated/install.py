"""What `kubectl apply` installs without Helm: the chart as it is rendered with its defaults."""

from tests.controlplane.chart import render_text
from tests.controlplane.identities import APPROVER_NAMESPACE

_HEAD = f"""\
# policy-approver and the definition of its policies, for those who do not use Helm:
#
#   kubectl apply --server-side -f deploy/install.yaml
#
# Its image is named policy-approver: say in the Deployment where yours is.
apiVersion: v1
kind: Namespace
metadata:
  name: {APPROVER_NAMESPACE}
"""


def install_manifest() -> str:
    """Return it as YAML."""
    lines = render_text().replace("app.kubernetes.io/managed-by: Helm", "").splitlines()
    return _HEAD + "\n".join(line for line in lines if line.strip()) + "\n"
