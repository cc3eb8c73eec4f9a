"""A real Kubernetes control plane with cert-manager, for tests, the demo and the benchmark."""

from tests.controlplane.client import APIError, Client
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import Identity, service_account

__all__ = ["APIError", "Client", "ControlPlane", "Identity", "service_account"]
