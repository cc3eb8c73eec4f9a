"""Who may use a policy, by roles and bindings: a part of what it permits, like any other."""

from collections.abc import Iterator, Sequence

from approver.analysis import parts
from approver.analysis.alphabet import ANY_TEXT, SOME_TEXT
from approver.analysis.domains import Domain, Text, Texts
from approver.analysis.language import EVERYTHING, STAR, Language
from approver.analysis.language import of as language_of
from approver.analysis.region import Region
from approver.policy import Policy
from approver.rbac import Bindings


def bound_to(policy: Policy, bindings: Bindings | None) -> Sequence[Region]:
    """Return the requests whose requester may use a policy: all, if bindings do not count.

    Nor do they for a policy that says itself for whom it is.
    """
    if bindings is None or policy.self_bound:
        return [Region({})]
    return list(_granted(policy.name, bindings))


def _granted(name: str, bindings: Bindings) -> Iterator[Region]:
    for kind, binding, role in bindings.references():
        rules = role.granting if role else ()
        if not any(not rule.resource_names or name in rule.resource_names for rule in rules):
            continue
        namespace = binding.metadata.namespace if kind == "RoleBinding" else ""
        where = {parts.NAMESPACE: Text(SOME_TEXT, _just(namespace))} if namespace else {}
        for subject in binding.subjects or ():
            kind_of, who = subject.principal(namespace)
            yield Region({**where, **_principal(kind_of, who)})


def _principal(kind: str, name: str) -> dict[str, Domain]:
    if kind == "User":
        return {parts.USERNAME: Text(SOME_TEXT, _just(name))}
    return {parts.GROUPS: Texts(ANY_TEXT, EVERYTHING, (_just(name),))}


def _just(text: str) -> Language:
    return language_of(text.replace("*", STAR))
