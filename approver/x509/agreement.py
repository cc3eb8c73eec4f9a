"""Whether a request's CSR asks for what the request's spec says.

This is cert-manager's own rule (pkg/util/pki/certificatetemplate.go): a signer refuses a request
whose two halves differ.
"""

from collections.abc import Iterable, Sequence

from approver.x509.refusal import Refused, quoted
from approver.x509.request import SigningRequest
from approver.x509.usages import DEFAULT_USAGES, USAGES, is_compared

_CERT_SIGN = "cert sign"


def check_agreement(csr: SigningRequest, *, usages: Sequence[str], is_ca: bool) -> None:
    """Raise Refused if the CSR contradicts `spec.usages` (empty: the defaults) or `spec.isCA`.

    A CSR that does not have an extension does not contradict it. Of the two usage extensions,
    if one is present, both must say what the spec says, the extended usages in order and number.
    Usages that cert-manager has no name for are not compared: the spec cannot say them.
    """
    if csr.name_constraints and not is_ca:
        raise Refused("name-constraints", "only a CA may have them, and spec.isCA is false")
    if csr.is_ca not in {None, is_ca}:
        asked = "a CA, and spec.isCA is false" if csr.is_ca else "no CA, and spec.isCA is true"
        raise Refused("basic-constraints", f"the CSR asks for {asked}")
    for usage in usages:
        if usage not in USAGES:
            raise Refused("key-usage", f"cert-manager does not know the usage {quoted(usage)}")
    if csr.key_usage is None and csr.extended_key_usage is None:
        return
    expected = [USAGES[usage] for usage in (usages or DEFAULT_USAGES)]
    if is_ca:
        expected.append(USAGES[_CERT_SIGN])
    bits = {bit for bit in expected if isinstance(bit, int)}
    oids = tuple(oid for oid in expected if isinstance(oid, str))
    asked_bits = csr.key_usage or frozenset()
    asked_oids = tuple(filter(is_compared, csr.extended_key_usage or ()))
    if asked_bits != bits:
        raise Refused("key-usage", _differ(sorted(asked_bits), sorted(bits)))
    if asked_oids != oids:
        raise Refused("extended-key-usage", _differ(asked_oids, oids))


def _differ(asked: Iterable[int | str], expected: Iterable[int | str]) -> str:
    return f"the CSR asks for {_named(asked)}, and the spec for {_named(expected)}"


def _named(codes: Iterable[int | str]) -> str:
    return quoted(", ".join(_NAMES.get(code, str(code)) for code in codes))


_NAMES = {code: name for name, code in reversed(tuple(USAGES.items()))}
