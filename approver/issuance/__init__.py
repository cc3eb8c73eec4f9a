"""What cert-manager would ask for: manifests become the requests that it makes of them.

These are the package's public names. They follow cert-manager 1.21 with its default flags.
"""

from approver.issuance.direct import DirectRequest, issuer_ref
from approver.issuance.request import CERT_MANAGER, request_for_certificate
from approver.issuance.shim import requests_for_gateway, requests_for_ingress

__all__ = [
    "CERT_MANAGER",
    "DirectRequest",
    "issuer_ref",
    "request_for_certificate",
    "requests_for_gateway",
    "requests_for_ingress",
]
