"""The names by which people know object identifiers, for messages."""

from collections.abc import Mapping
from typing import Final

from approver.x509.usages import USAGES

_ATTRIBUTES: Final[Mapping[str, str]] = {
    "2.5.4.3": "commonName",
    "2.5.4.4": "surname",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "countryName",
    "2.5.4.7": "localityName",
    "2.5.4.8": "stateOrProvinceName",
    "2.5.4.9": "streetAddress",
    "2.5.4.10": "organizationName",
    "2.5.4.11": "organizationalUnitName",
    "2.5.4.12": "title",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "givenName",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "userID",
    "0.9.2342.19200300.100.1.25": "domainComponent",
    "1.2.840.113549.1.9.1": "emailAddress",
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.2.840.113549.1.9.14": "extensionRequest",
    "1.3.6.1.4.1.311.2.1.14": "Microsoft's extension request",
    "1.3.6.1.4.1.311.13.2.1": "Microsoft's enrolment name and value",
    "1.3.6.1.4.1.311.20.2.3": "userPrincipalName",
}
_EXTENSIONS: Final[Mapping[str, str]] = {
    "2.5.29.9": "subjectDirectoryAttributes",
    "2.5.29.14": "subjectKeyIdentifier",
    "2.5.29.15": "keyUsage",
    "2.5.29.16": "privateKeyUsagePeriod",
    "2.5.29.17": "subjectAltName",
    "2.5.29.18": "issuerAltName",
    "2.5.29.19": "basicConstraints",
    "2.5.29.30": "nameConstraints",
    "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.33": "policyMappings",
    "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.36": "policyConstraints",
    "2.5.29.37": "extKeyUsage",
    "2.5.29.54": "inhibitAnyPolicy",
    "1.2.840.113549.1.9.15": "smimeCapabilities",
    "1.3.6.1.4.1.311.20.2": "Microsoft's certificate template name",
    "1.3.6.1.4.1.311.21.7": "Microsoft's certificate template",
    "1.3.6.1.4.1.311.21.10": "Microsoft's application policies",
    "1.3.6.1.4.1.311.25.2": "Microsoft's security identifier",
    "1.3.6.1.4.1.11129.2.4.3": "certificate transparency poison",
    "1.3.6.1.5.5.7.1.1": "authorityInfoAccess",
    "1.3.6.1.5.5.7.1.3": "qcStatements",
    "1.3.6.1.5.5.7.1.24": "must-staple",
    "2.16.840.1.113730.1.1": "Netscape's certificate type",
    "2.16.840.1.113730.1.13": "Netscape's comment",
}
_USAGES: Final[Mapping[str, str]] = {
    "1.3.6.1.4.1.311.2.1.22": "Microsoft's commercial code signing",
    "1.3.6.1.4.1.311.10.3.4": "Microsoft's encrypting file system",
    "1.3.6.1.4.1.311.10.3.12": "Microsoft's document signing",
    "1.3.6.1.4.1.311.20.2.2": "smart card logon",
    "1.3.6.1.4.1.311.54.1.2": "remote desktop",
    "1.3.6.1.4.1.311.61.1.1": "Microsoft's kernel code signing",
    "1.3.6.1.5.2.3.4": "PKINIT client auth",
    "1.3.6.1.5.2.3.5": "PKINIT KDC",
    "1.3.6.1.5.5.7.3.17": "IPsec IKE",
    "1.3.6.1.5.5.8.2.2": "IKE intermediate",
    "1.3.6.1.5.5.7.3.21": "SSH client",
    "1.3.6.1.5.5.7.3.22": "SSH server",
}
_ALGORITHMS: Final[Mapping[str, str]] = {
    "1.2.840.10040.4.1": "dsa",
    "1.2.840.10040.4.3": "dsaWithSHA1",
    "1.2.840.10045.2.1": "ecPublicKey",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.2.840.113549.1.1.1": "rsaEncryption",
    "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.3.14.3.2.29": "sha1WithRSASignature",
    "1.3.101.110": "X25519",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}
_NAMES: Final[Mapping[str, str]] = {
    **{code: name for name, code in reversed(tuple(USAGES.items())) if isinstance(code, str)},
    **_ATTRIBUTES,
    **_EXTENSIONS,
    **_USAGES,
    **_ALGORITHMS,
}


def named(oid: str) -> str:
    """Write an object identifier with its name behind it, if it has one that people know."""
    return f"{oid} ({_NAMES[oid]})" if oid in _NAMES else oid


def name_of(oid: str) -> str:
    """Return the name alone, or the object identifier of what has none."""
    return _NAMES.get(oid, oid)
