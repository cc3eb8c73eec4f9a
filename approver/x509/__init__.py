"""Certificate signing requests, read strictly: what the signer would sign, or why it must not.

These are the package's public names.
"""

from approver.x509.agreement import check_agreement
from approver.x509.extensions import NAME_CONSTRAINTS
from approver.x509.keys import Key
from approver.x509.names import Names, OtherName, UnsupportedName
from approver.x509.refusal import RULES, Refused
from approver.x509.request import SigningRequest, read
from approver.x509.subject import Attribute
from approver.x509.usages import DEFAULT_USAGES, USAGES

__all__ = [
    "DEFAULT_USAGES",
    "NAME_CONSTRAINTS",
    "RULES",
    "USAGES",
    "Attribute",
    "Key",
    "Names",
    "OtherName",
    "Refused",
    "SigningRequest",
    "UnsupportedName",
    "check_agreement",
    "read",
]
