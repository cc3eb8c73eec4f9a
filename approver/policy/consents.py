"""What a CSR may carry only where a policy that is bound to its requester names it."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from approver.policy.decoded import DecodedRequest
from approver.policy.fields import EXTENSIONS, NAME_CONSTRAINTS_FIELD, OTHER_USAGES, Style
from approver.policy.spec_reader import SpecReader
from approver.x509 import NAME_CONSTRAINTS, RefusalRule, named


class Consent(NamedTuple):
    """The field of a policy that gives it, and the object identifier of what it is for."""

    field: str
    oid: str

    @property
    def missing(self) -> str:
        """What is wrong with a request for which nobody has given it, as a refusal says it."""
        return f"{_RULES[self.field]}: {named(self.oid)}: a policy can permit it in {self.field}"


_RULES: Final[Mapping[str, RefusalRule]] = {
    str(EXTENSIONS.structured): "extensions",
    str(OTHER_USAGES.structured): "extended-key-usage",
    NAME_CONSTRAINTS_FIELD: "name-constraints",
}


def needed(request: DecodedRequest) -> Iterator[Consent]:
    """Yield what some policy must have named for a request to be judged at all, each once."""
    for field in (EXTENSIONS, OTHER_USAGES):
        for oid in dict.fromkeys(field.of(request)):
            yield Consent(str(field.structured), oid)
    if request.csr.name_constraints:
        yield Consent(NAME_CONSTRAINTS_FIELD, NAME_CONSTRAINTS)


def given(spec: SpecReader, style: Style) -> Iterator[Consent]:
    """Yield what a policy's spec names."""
    for field in (EXTENSIONS, OTHER_USAGES):
        for oid in field.listed(spec, style):
            yield Consent(str(field.structured), oid)
    constraints = spec.find(NAME_CONSTRAINTS_FIELD) if style is Style.STRUCTURED else None
    if constraints is not None and not constraints.blank:
        yield Consent(NAME_CONSTRAINTS_FIELD, NAME_CONSTRAINTS)
