"""The grammar of DNS names, as Kubernetes has it for names of objects and groups (RFC 1123)."""

from typing import Final

LABEL: Final = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
SHORT_LABEL: Final = rf"(?=.{{1,63}}\Z){LABEL}"
SUBDOMAIN: Final = rf"{LABEL}(?:\.{LABEL})*"
SHORT_SUBDOMAIN: Final = rf"(?=.{{1,253}}\Z){SUBDOMAIN}"
"""Short is what is no longer than Kubernetes and DNS let it be."""
