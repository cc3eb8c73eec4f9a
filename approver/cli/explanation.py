"""A diagnosis as people read it, and as JSON."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from approver.analysis.shown import in_one_line
from approver.cli.output import document
from approver.explain import Diagnosis, Facts, Remedy, Row

_FEW: Final = 3  # that do not select a request, where none does
_WIDEST_NAME: Final = 40


def as_text(found: Diagnosis, facts: Facts, *, all_policies: bool) -> str:
    """Return it as text."""
    return "\n".join(_lines(found, facts, all_policies=all_policies))


def as_json(found: Diagnosis, facts: Facts) -> str:
    """Return it as a document."""
    request = facts.request
    decided = request.decision
    condition = decided and {
        "type": decided.type,
        "reason": decided.reason,
        "message": decided.message,
    }
    return document(
        request={"namespace": request.namespace, "name": request.name},
        cause=found.cause,
        sentence=found.sentence,
        decided=condition,
        now=found.now.to_dict() if found.now else None,
        nearMisses=list(found.near_misses),
        remedies=[_plain(remedy) for remedy in found.remedies],
        unseen=list(facts.unseen),
        seenAs=facts.seen_as,
    )


def manifests(remedy: Remedy) -> str:
    """Return what is to be applied, as YAML."""
    return str(yaml.safe_dump_all(map(_dumpable, remedy.manifests), sort_keys=False)).rstrip("\n")


def _plain(remedy: Remedy) -> Mapping[str, Any]:
    return {"text": remedy.text, "manifests": list(remedy.manifests), "then": remedy.then}


def _dumpable(obj: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(obj, Mapping):
        return {key: _dumpable(value) for key, value in obj.items()}
    if isinstance(obj, Sequence) and not isinstance(obj, str):
        return [_dumpable(value) for value in obj]
    return obj


def _lines(found: Diagnosis, facts: Facts, *, all_policies: bool) -> Iterator[str]:
    request = facts.request
    yield f"CertificateRequest {request.namespace}/{request.name}"
    yield from _wrapped(f"asks: {in_one_line(request, {})}", "  ")
    yield ""
    yield found.sentence
    now = found.now
    if now and request.decision and now.verdict != request.decision.type.lower():
        yield from _wrapped(f"Today it would be {now.verdict}: {now.message}", "")
    yield from _table(found.rows, all_policies=all_policies)
    if found.near_misses:
        yield ""
        yield "Almost:"
        for text in found.near_misses:
            yield from _wrapped(text, "  ")
    if found.remedies:
        yield ""
        yield "What to do" if len(found.remedies) == 1 else "What to do, one of"
        for number, remedy in enumerate(found.remedies, 1):
            yield from _remedy(number, remedy)
    yield ""
    yield _seen(facts)


def _table(rows: Sequence[Row], *, all_policies: bool) -> Iterator[str]:
    few = _FEW if not any(row.enforcing and not row.mismatch for row in rows) else 0
    shown = [row for row in rows if all_policies or not row.mismatch]
    shown += [row for row in rows if row not in shown][:few]
    others = [row for row in rows if row not in shown]
    if not shown:
        return
    width = max(6, *(min(len(row.policy), _WIDEST_NAME) for row in shown))
    yield ""
    yield f"  {'POLICY':{width}}  SELECTS  BOUND  READY  WOULD"
    for row in shown:
        yield f"  {row.policy:{width}}  {_cells(row)}".rstrip()
        for text in row.against if not row.mismatch else ():
            yield from _wrapped(text, " " * (width + 4))
    if others:
        yield f"  ({len(others)} more do not select it: --all)"


def _cells(row: Row) -> str:
    bound = {True: "yes", False: "NO", None: "?"}[row.bound]
    if row.mismatch:
        return f"no       {bound:5}  {'yes' if row.ready else 'NO':5}  {row.mismatch}"
    would = row.would or ("" if row.ready else "wait")
    audit = "" if row.enforcing else " (audit only)"
    return f"yes      {bound:5}  {'yes' if row.ready else 'NO':5}  {would.upper()}{audit}"


def _remedy(number: int, remedy: Remedy) -> Iterator[str]:
    first, *more = _wrapped(remedy.text, "     ")
    yield f"  {number}  {first.strip()}"
    yield from more
    if remedy.manifests:
        yield f"     kubectl apply -f -, or --fix {number}:"
        yield from (f"       {line}" for line in manifests(remedy).splitlines())
    if remedy.then:
        yield from _wrapped(f"Then: {remedy.then}. {remedy.why}", "     ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        100,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _seen(facts: Facts) -> str:
    who = f"Seen as {facts.seen_as}. " if facts.seen_as else ""
    if facts.unseen:
        return f"{who}Not seen: {', '.join(facts.unseen)}."
    return f"{who}All that matters could be seen."
