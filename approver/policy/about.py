"""What rules may know of a request."""

from collections.abc import Mapping

from approver.policy import oids
from approver.policy.asked import Asked
from approver.policy.rules import About

_FROZEN = ("cert-manager.io/", "acme.cert-manager.io/")
"""Prefixes of the annotations that cert-manager does not let anybody change."""

_SUBJECT = {
    "organizations": oids.ORGANIZATION,
    "countries": oids.COUNTRY,
    "organizationalUnits": oids.ORGANIZATIONAL_UNIT,
    "localities": oids.LOCALITY,
    "provinces": oids.PROVINCE,
    "streetAddresses": oids.STREET_ADDRESS,
    "postalCodes": oids.POSTAL_CODE,
    "serialNumber": oids.SERIAL_NUMBER,
}


def about(asked: Asked, namespace_labels: Mapping[str, str]) -> About:
    """Tell of a request."""
    request, csr = asked.request, asked.csr
    issuer, key = request.issuer, csr.key
    return About(
        name=request.name,
        namespace=request.namespace,
        username=request.requester.username,
        groups=request.requester.groups,
        namespace_labels=namespace_labels,
        annotations={
            name: value
            for name, value in request.metadata.annotations.items()
            if name.startswith(_FROZEN)
        },
        issuer_ref={"name": issuer.name, "kind": issuer.kind, "group": issuer.group},
        common_names=tuple(asked.texts(oids.COMMON_NAME)),
        subject={field: tuple(asked.texts(oid)) for field, oid in _SUBJECT.items()},
        dns_names=csr.names.dns,
        ip_addresses=csr.names.ip_addresses,
        uris=csr.names.uris,
        email_addresses=csr.names.emails,
        is_ca=request.spec.is_ca,
        usages=request.spec.usages,
        duration=asked.duration,
        key={"algorithm": key.algorithm, "size": key.size, "curve": key.curve},
    )
