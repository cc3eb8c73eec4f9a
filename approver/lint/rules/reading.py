"""CRP0xx: what is found while files are read, and about the linter's own annotations."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from approver.lint.finding import Fix, Hit, Severity
from approver.lint.rule import declared, rule, rule_about_all
from approver.lint.subject import Estate, Subject

NOT_YAML: Final = declared(
    "CRP001",
    "not-yaml",
    Severity.ERROR,
    "the file cannot be read",
    why="What cannot be read is not applied either, and nothing else in the file is looked at.",
    bad="selector: {namespace: {matchNames: [web]}\nallowedDNSNames: [a.example.com]\n",
    good="selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: [a.example.com]\n",
)
YAML_TAG: Final = declared(
    "CRP002",
    "yaml-tag",
    Severity.ERROR,
    "YAML takes a text that begins with ! for a tag",
    why="A rule such as !self.contains('*') must stand in quotes. Without them YAML reads a tag, "
    "and kubectl refuses the file or drops the text.",
    bad="""\
selector: {namespace: {}}
allowed:
  dnsNames:
    validations:
      - rule: !self.contains('*')
""",
    good="""\
selector: {namespace: {}}
allowed:
  dnsNames:
    validations:
      - rule: "!self.contains('*')"
""",
)
UNUSED_SILENCER: Final = declared(
    "CRP009",
    "unused-silencer",
    Severity.WARNING,
    "an annotation silences nothing, names no rule, or gives no reason",
    why="A silencer that is not needed any more hides the next finding of its rule. The value of "
    "the annotation is the reason; it is required, so that the next reader knows.",
    bad="""\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata:
  name: example
  annotations:
    lint.policy.cert-manager.io/CRP301: was needed once
spec:
  selector: {namespace: {matchNames: [web]}}
  allowedUsages: [server auth]
""",
    good="""\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata:
  name: example
spec:
  selector: {namespace: {matchNames: [web]}}
  allowedUsages: [server auth]
""",
)


@rule(
    "CRP003",
    "yaml-typed",
    Severity.ERROR,
    "YAML reads a number or a truth value where text is due",
    why="8001, 720 and yes are no texts in YAML. The API server refuses them where the schema "
    "wants a string: put them in quotes.",
    bad="""\
selector: {namespace: {matchNames: [web]}}
allowed:
  subject:
    postalCodes: {values: [8001]}
""",
    good="""\
selector: {namespace: {matchNames: [web]}}
allowed:
  subject:
    postalCodes: {values: ["8001"]}
""",
)
def yaml_typed(subject: Subject) -> Iterator[Hit]:
    """Find scalars that are no strings where the schema wants one."""
    for problem in subject.shape_problems:
        if problem.quote_it:
            yield Hit(problem.path, f"{problem.message}", hint="put it in quotes", fix=Fix("quote"))


@rule_about_all(
    "CRP004",
    "defined-twice",
    Severity.ERROR,
    "two policies have one name",
    why="In the cluster there is one object of a name: the one that is applied last wins.",
    bad="""\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: web}
spec:
  selector: {namespace: {matchNames: [web]}}
  allowedDNSNames: [a.example.com]
---
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: web}
spec:
  selector: {namespace: {matchNames: [web]}}
  allowedDNSNames: [b.example.com]
""",
    good="selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: [a.example.com]\n",
)
def defined_twice(estate: Estate) -> Iterator[Hit]:
    """Find names that stand again."""
    by_name = defaultdict[str, list[Subject]](list)
    for subject in estate.policies:
        by_name[subject.name].append(subject)
    for name, subjects in by_name.items():
        for again in subjects[1:] if name else ():
            yield Hit("metadata.name", f"{name} is defined already", of=again)
