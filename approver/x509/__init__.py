"""Certificate signing requests, read strictly: what the signer would sign, or why it must not.

These are the package's public names.
"""

from approver.x509.agreement import check_agreement
from approver.x509.extensions import KNOWN as KNOWN_EXTENSIONS
from approver.x509.extensions import NAME_CONSTRAINTS
from approver.x509.keys import Key
from approver.x509.name_constraints import NO_CONSTRAINTS, NameConstraints, Subtrees
from approver.x509.names import Names, OtherName, UnsupportedName
from approver.x509.oids import name_of, named
from approver.x509.pem import LIMIT, wrap
from approver.x509.refusal import RULES, RefusalRule, Refused
from approver.x509.request import SigningRequest, read
from approver.x509.subject import Attribute
from approver.x509.usages import DEFAULT_USAGES, USAGES, is_compared

__all__ = [
    "DEFAULT_USAGES",
    "KNOWN_EXTENSIONS",
    "LIMIT",
    "NAME_CONSTRAINTS",
    "NO_CONSTRAINTS",
    "RULES",
    "USAGES",
    "Attribute",
    "Key",
    "NameConstraints",
    "Names",
    "OtherName",
    "RefusalRule",
    "Refused",
    "SigningRequest",
    "Subtrees",
    "UnsupportedName",
    "check_agreement",
    "is_compared",
    "name_of",
    "named",
    "read",
    "wrap",
]
