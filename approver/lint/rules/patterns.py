"""CRP2xx: patterns that match other than what they look like."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Final

from approver.analysis.language import STAR
from approver.lint.finding import Fix, Hit, Severity
from approver.lint.rule import rule
from approver.lint.subject import Patterns, Subject
from approver.policy.wildcard import Wildcards
from approver.x509 import USAGES

_NAMES: Final = {
    "allowed.dnsNames": "dns",
    "allowed.emailAddresses": "email",
    "allowed.commonName": "cn",
}
_ALL_NAMES: Final = {**_NAMES, "allowed.uris": "uri", "allowed.ipAddresses": "ip"}
_PATTERNED: Final = re.compile(
    r"^spec\.(allowed|allowed[A-Z]\w*|selector)\b(?!.*\b(rule|message|matchLabels|matchExpressions)\b)"
)


def _names(subject: Subject) -> Iterator[tuple[Patterns, str, str]]:
    """Yield each pattern for DNS names, email addresses and common names, and its path."""
    for patterns in subject.patterns:
        if patterns.kind in _NAMES:
            yield from ((patterns, path, text) for path, text in patterns)


def _asked(patterns: Patterns, value: str) -> dict[str, str]:
    return {_ALL_NAMES[patterns.kind]: value}


@rule(
    "CRP201",
    "no-dot",
    Severity.WARNING,
    "*example.com also permits evilexample.com",
    why="* matches any run of characters, also within a label. Without a dot or an @ behind it the "
    "names of others match: whoever registers evilexample.com can have a certificate for it.",
    bad='selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ["*example.com"]\n',
    good=(
        "selector: {namespace: {matchNames: [web]}}\n"
        'allowedDNSNames: [example.com, "*.example.com"]\n'
    ),
)
def no_dot(subject: Subject) -> Iterator[Hit]:
    """Find `*` right before a label."""
    for patterns, path, text in _names(subject):
        if re.match(r"\*[^*.@\-_{$<]", text) and "." in text:
            value = f"evil{text[1:]}".replace("*", "x")
            if witness := subject.permits(**_asked(patterns, value)):
                yield Hit(
                    path,
                    f'"{text}" also permits "{value}"',
                    f'write "*.{text[1:]}", and "{text[1:]}" if that is meant, too',
                    Fix("within", f"*.{text[1:]}", text, safe=False),
                    witness,
                )


@rule(
    "CRP202",
    "regex-like",
    Severity.ERROR,
    "a pattern that is written like a regular expression",
    why="Only * is special in a pattern. What stands for more in a regular expression, such as "
    "\\., ^, $, .* or [a-z], stands for itself here, and matches no name.",
    bad="selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ['\\*.example.com']\n",
    good='selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ["*.example.com"]\n',
)
def regex_like(subject: Subject) -> Iterator[Hit]:
    """Find what no name holds, and regular expressions do."""
    for path, text in _patterns(subject):
        if not _PLACEHOLDER.search(text) and _REGEX.search(text) and not _is_subject(path):
            yield Hit(
                path,
                f"{text!r} is written like a regular expression; only * is special",
                "write a pattern, or a rule in CEL with self.matches()",
            )


@rule(
    "CRP203",
    "placeholder",
    Severity.ERROR,
    "a placeholder that nothing replaces",
    why="Nothing is substituted when a policy is evaluated. A rule in CEL can compare with the "
    "namespace of the request: self.endsWith('.' + cr.namespace + '.svc').",
    bad=(
        "selector: {namespace: {matchNames: [web]}}\n"
        'allowedDNSNames: ["*.{{ .Request.Namespace }}.svc"]\n'
    ),
    good="""\
selector: {namespace: {}}
allowed:
  dnsNames:
    validations:
      - {rule: "self.endsWith('.' + cr.namespace + '.svc')", message: a Service of the namespace}
""",
)
def placeholder(subject: Subject) -> Iterator[Hit]:
    """Find what templates leave behind."""
    for path, text in _patterns(subject):
        if found := _PLACEHOLDER.search(text):
            yield Hit(
                path,
                f"{found[0]!r} is replaced by nothing",
                "render the template first, or compare with cr.namespace in a rule",
            )


@rule(
    "CRP204",
    "open-end",
    Severity.WARNING,
    "a pattern whose end is open: example.com* permits example.com.evil.test",
    why="* at the end matches whatever follows, another domain or a longer name of another team.",
    bad=('selector: {namespace: {matchNames: [web]}}\nallowedURIs: ["spiffe://td/ns/team-a*"]\n'),
    good=('selector: {namespace: {matchNames: [web]}}\nallowedURIs: ["spiffe://td/ns/team-a/*"]\n'),
)
def open_end(subject: Subject) -> Iterator[Hit]:
    """Find a last `*` behind a letter or digit."""
    for patterns in subject.patterns:
        if patterns.kind not in _ALL_NAMES or patterns.kind == "allowed.ipAddresses":
            continue
        for path, text in patterns:
            if not re.search(r"[A-Za-z0-9]\*$", text):
                continue
            tail = "-evil/x" if patterns.kind == "allowed.uris" else ".evil.test"
            value = text[:-1].replace("*", "x") + tail
            if witness := subject.permits(**_asked(patterns, value)):
                cure = f"{text[:-1]}/*" if patterns.kind == "allowed.uris" else text[:-1]
                yield Hit(
                    path,
                    f'"{text}" also permits "{value}"',
                    f'write "{cure}"',
                    Fix("within", cure, text, safe=False),
                    witness,
                )


@rule(
    "CRP205",
    "crosses-segments",
    Severity.INFO,
    "* in the midst of a URI swallows slashes, so that the fixed parts move",
    why="spiffe://td/ns/*/sa/default also matches spiffe://td/ns/a/sa/b/ns/c/sa/default. Whoever "
    "reads the first segments of such a URI takes it for another's.",
    bad=(
        'selector: {namespace: {matchNames: [web]}}\nallowedURIs: ["spiffe://td/ns/*/sa/default"]\n'
    ),
    good=('selector: {namespace: {matchNames: [web]}}\nallowedURIs: ["spiffe://td/ns/web/sa/*"]\n'),
)
def crosses_segments(subject: Subject) -> Iterator[Hit]:
    """Find `*` that a slash follows."""
    for patterns in subject.patterns:
        for path, text in patterns if patterns.kind == "allowed.uris" else ():
            first, star, rest = text.partition("*")
            if not (star and "/" in rest):
                continue
            value = f"{first}x{rest}".replace("*", "x") + "/" + rest.strip("/").replace("*", "x")
            if witness := subject.permits(uri=value):
                yield Hit(
                    path,
                    f'"{text}" also permits "{value}"',
                    "compare segment by segment in a rule",
                    witness=witness,
                )


@rule(
    "CRP206",
    "matches-nothing",
    Severity.ERROR,
    "a pattern that no value of its field can match",
    why="Values are compared in the form that a request holds: addresses as RFC 5952 writes them, "
    "names in ASCII, schemes in lower case, usages by cert-manager's names. A line that matches "
    "nothing is dead, and its author trusts in it.",
    bad='selector: {namespace: {matchNames: [web]}}\nallowedIPAddresses: ["10.0.0.0/8"]\n',
    good='selector: {namespace: {matchNames: [web]}}\nallowedIPAddresses: ["10.*"]\n',
)
def matches_nothing(subject: Subject) -> Iterator[Hit]:
    """Find forms that are not canonical."""
    for patterns in subject.patterns:
        look = _CANONICAL.get(patterns.kind)
        for path, text in patterns if look else ():
            if look and not _PLACEHOLDER.search(text) and (found := look(text)):
                message, cure = found
                fix = Fix("within", cure, text) if cure else None
                yield Hit(path, f'"{text}" {message}', f'write "{cure}"' if cure else "", fix)


@rule(
    "CRP207",
    "covered",
    Severity.WARNING,
    "a pattern that others of its list make needless",
    why="Beside a wider pattern a narrower one changes nothing. Its author may believe that the "
    "list is as narrow as its longest line.",
    bad=(
        "selector: {namespace: {matchNames: [web]}}\n"
        'allowedDNSNames: ["*.svc.cluster.local", "*.web.svc.cluster.local"]\n'
    ),
    good='selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ["*.svc.cluster.local"]\n',
)
def covered(subject: Subject) -> Iterator[Hit]:
    """Find patterns whose text another one of the list matches, which implies all they match."""
    for patterns in subject.patterns:
        for index, (path, text) in enumerate(patterns):
            others = patterns.texts[:index] + patterns.texts[index + 1 :]
            # A letter that stands nowhere else must fall into a "*" of the other pattern.
            value = text.replace("*", "\U0010fffd")
            later_twin = text in patterns.texts[:index] or text not in others
            wider = [each for each in others if Wildcards((each,)).match(value)]
            if wider and later_twin:
                yield Hit(path, f'"{text}" is implied by "{wider[0]}"', fix=Fix("remove"))


@rule(
    "CRP208",
    "wildcard-permitted",
    Severity.INFO,
    "wildcard names are permitted",
    why="A certificate for *.example.com serves every name one label below. Where that is not "
    "wanted, a rule forbids it: the pattern *.example.com permits the name *.example.com itself.",
    bad='selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ["*.example.com"]\n',
    good="""\
selector: {namespace: {matchNames: [web]}}
allowedDNSNames: ["*.example.com"]
rules:
  - {rule: "request.dnsNames.all(name, !name.contains('*'))", message: no wildcards}
""",
)
def wildcard_permitted(subject: Subject) -> Iterator[Hit]:
    """Find policies that approve a wildcard name."""
    for patterns in subject.patterns:
        if patterns.kind != "allowed.dnsNames":
            continue
        for _, text in patterns:
            domain = text.rpartition("*")[2]
            name = f"*{domain}" if domain.startswith(".") else "*.example.com"
            if "*" in text and (witness := subject.permits(dns=name.replace("*", STAR))):
                yield Hit(
                    patterns.path,
                    f'the wildcard name "{name}" is permitted',
                    "forbid it: !self.contains('*')",
                    witness=witness,
                )
                break


@rule(
    "CRP209",
    "registry-wide",
    Severity.WARNING,
    "a pattern that leaves one label fixed, or none",
    why="*.com, *.local and * permit the names of everybody else, too.",
    bad='selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ["*.com"]\n',
    good='selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ["*.example.com"]\n',
)
def registry_wide(subject: Subject) -> Iterator[Hit]:
    """Find DNS patterns of one label, where a name below is approved."""
    for patterns in subject.patterns:
        for path, text in patterns if patterns.kind == "allowed.dnsNames" else ():
            if re.fullmatch(r"\*|\*\.?[a-z0-9-]+", text, re.IGNORECASE):
                domain = text[1:].lstrip(".") or "test"
                witness = subject.permits(dns=f"anyone.{domain}")
                if witness:
                    yield Hit(path, f'"{text}" permits every name', witness=witness)


@rule(
    "CRP210",
    "case",
    Severity.WARNING,
    "capitals in a pattern for DNS names",
    why="Patterns are compared by code point, and names arrive in lower case as a rule.",
    bad='selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ["*.Example.com"]\n',
    good='selector: {namespace: {matchNames: [web]}}\nallowedDNSNames: ["*.example.com"]\n',
)
def case(subject: Subject) -> Iterator[Hit]:
    """Find capitals."""
    for patterns in subject.patterns:
        for path, text in patterns if patterns.kind == "allowed.dnsNames" else ():
            if text != text.lower() and not _PLACEHOLDER.search(text):
                yield Hit(
                    path,
                    f'"{text}" has capitals, and names are compared as they are written',
                    fix=Fix("within", text.lower(), text, safe=False),
                )


def _patterns(subject: Subject) -> Iterator[tuple[str, str]]:
    return ((path, text) for path, text in subject.texts() if _PATTERNED.match(path))


def _is_subject(path: str) -> bool:
    """Tell whether a text may hold nearly anything: the values of a subject and its like."""
    return bool(re.search(r"[sS]ubject|otherNames|oid|privateKey|PrivateKey|Duration", path))


def _dns(text: str) -> tuple[str, str] | None:
    if not text.isascii():
        try:
            cure = text.encode("idna").decode() if "*" not in text else _each_label(text)
        except UnicodeError:
            cure = ""
        return "is not ASCII, as names in requests are", cure
    return ("has a space, which no name has", "") if " " in text else None


def _each_label(text: str) -> str:
    labels = text.split(".")
    return ".".join(each if each.isascii() else each.encode("idna").decode() for each in labels)


def _ip(text: str) -> tuple[str, str] | None:
    if "/" in text:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            return "is no address", ""
        rule_ = f"ip.isCanonical(self) && cidr('{text}').containsIP(self)"
        return f"is a network, and addresses have no /: use a rule with {rule_}", ""
    if "*" in text:
        bad = re.search(r"[^0-9a-f.:*]", text)
        zeros = re.search(r"(^|:)0[0-9a-f]+", text)
        cure = re.sub(r"(^|:)0+(?=[0-9a-f])", r"\1", text.lower())
        wrong = bad or zeros
        shown = cure if not re.search(r"[^0-9a-f.:*]", cure) else ""
        return ("is not how RFC 5952 writes addresses", shown) if wrong else None
    try:
        canonical = str(ipaddress.ip_address(text))
    except ValueError:
        return "is no address", ""
    return None if canonical == text else ("is not how RFC 5952 writes it", canonical)


def _uri(text: str) -> tuple[str, str] | None:
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    if found and found[1] != found[1].lower():
        return "has capitals in its scheme", found[1].lower() + text[len(found[1]) :]
    if " " in text or not text.isascii():
        return "holds what no URI can", ""
    return None


def _usage(text: str) -> tuple[str, str] | None:
    if any(map(Wildcards((text,)).match, USAGES)):
        return None
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]", " ", text).lower()
    near = words if words in USAGES else ""
    return "matches no usage that cert-manager knows", near


_CANONICAL: Final[dict[str, Callable[[str], tuple[str, str] | None]]] = {
    "allowed.dnsNames": _dns,
    "allowed.ipAddresses": _ip,
    "allowed.uris": _uri,
    "allowed.usages": _usage,
}
_PLACEHOLDER: Final = re.compile(r"\{\{.*?\}\}|\$\{.*?\}|\$\(.*?\)|<[a-z_ -]+>|\{\{")
_REGEX: Final = re.compile(
    r"\\|\[[^\]]*\]|\(\?|(?<![\w*-])\.\*|\.\*(?=[A-Za-z])|\.\+|^\^|\$$|\([^)]*\|[^)]*\)"
)
