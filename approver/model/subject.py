"""The attributes of an X.509 subject that the policy language has names for."""

from typing import Final, NamedTuple

COMMON_NAME: Final = "2.5.4.3"


class SubjectAttribute(NamedTuple):
    """An attribute of a subject: `name` is what structured policies, rules and Certificates say.

    A `single` one is one string there, the others are lists.
    """

    name: str
    oid: str
    pattern: str
    single: bool = False


SUBJECT_ATTRIBUTES: Final = (
    SubjectAttribute("organizations", "2.5.4.10", "allowedOrganizations"),
    SubjectAttribute("countries", "2.5.4.6", "allowedCountries"),
    SubjectAttribute("organizationalUnits", "2.5.4.11", "allowedOrganizationalUnits"),
    SubjectAttribute("localities", "2.5.4.7", "allowedLocalities"),
    SubjectAttribute("provinces", "2.5.4.8", "allowedProvinces"),
    SubjectAttribute("streetAddresses", "2.5.4.9", "allowedStreetAddresses"),
    SubjectAttribute("postalCodes", "2.5.4.17", "allowedPostalCodes"),
    SubjectAttribute("serialNumber", "2.5.4.5", "allowedSerialNumber", single=True),
)
