"""What manifests leave open, and flags say: who asks, for which issuer, in which namespace."""

from dataclasses import dataclass

from approver.issuance import issuer_ref
from approver.model import IssuerRef, ServiceAccount, parse_duration
from approver.ops.flags import account, flag, one_of, repeated, switch
from approver.x509 import USAGES


def _duration(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError as error:
        raise ValueError(f"{text} is {error}") from None
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Flags for what manifests leave open."""

    user: str | None = flag(
        "who makes the requests that do not name a requester, with the API server's own groups",
        name="--as",
    )
    groups: tuple[str, ...] = repeated("and a group of the requester", name="--as-group")
    cert_manager_account: ServiceAccount = flag(
        "NAMESPACE/NAME of cert-manager's service account, which makes requests of Certificates",
        "cert-manager/cert-manager",
        account,
    )
    bindings: str = flag(
        "whether only policies count that roles and bindings in the files let a requester use:"
        " required; ignore: all count; auto: required if some role in the files is about policies",
        "auto",
        one_of("auto", "required", "ignore"),
    )
    namespace: str = flag("namespace of requests that do not name one", "default")
    issuer: IssuerRef | None = flag(
        "NAME, KIND/NAME or KIND.GROUP/NAME that a CSR is for", None, issuer_ref
    )
    duration: str | None = flag(
        "duration that a PEM CSR is for, such as 2160h", None, parse=_duration
    )
    usages: tuple[str, ...] = repeated(
        "a usage that a PEM CSR is for, such as 'server auth'",
        one_of(*sorted(USAGES)),
        name="--usage",
    )
    is_ca: bool = switch("the PEM CSR is for a CA", name="--ca")
