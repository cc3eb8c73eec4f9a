"""Rules in CEL at random: of the part that is reasoned about, and a little beyond it."""

import random

TEXTS = ("'a'", "'b'", "'a.b'", "'.b'", "'*'", "'ab'", "r'a.'", "''")
REGEXES = ("'^a'", "'b$'", "'^a[.]b$'", "r'^a\\.b$'", "'a.b'", "'^[ab]+$'", "'^a|b$'", "'^a*b$'")
LISTS = ("request.dnsNames", "request.uris", "request.subject.organizations")
NAMES = ("request.namespace", "request.username", "request.issuerRef.name")
SIGNS = ("==", "!=", "<", "<=", ">", ">=")


def of_values(rng: random.Random, depth: int = 2, name: str = "self", of: str = "cr") -> str:
    """Make a rule about one text."""
    if depth and rng.random() < 0.6:
        return joined(rng, lambda: of_values(rng, depth - 1, name, of))
    text = rng.choice([rng.choice(TEXTS), f"{of}.namespace", put_together(rng, of)])
    return rng.choice(
        [
            f"{name}.startsWith({text})",
            f"{name}.endsWith({text})",
            f"{name}.contains({text})",
            f"{name} == {text}",
            f"{text} != {name}",
            f"{name} in [{rng.choice(TEXTS)}, {text}]",
            f"{name}.matches({rng.choice(REGEXES)})",
            f"{of}.namespace == {rng.choice(TEXTS)}",
            f"size({name}) > 1",  # beyond
            f"{name}.lowerAscii() == {text}",  # beyond
        ]
    )


def of_requests(rng: random.Random, depth: int = 2) -> str:
    """Make a rule about the whole request."""
    if depth and rng.random() < 0.5:
        return joined(rng, lambda: of_requests(rng, depth - 1))
    items = rng.choice(LISTS)
    return rng.choice(
        [
            f"{items}.all(n, {of_values(rng, 1, 'n', 'request')})",
            f"{items}.exists(n, {of_values(rng, 1, 'n', 'request')})",
            f"{rng.choice(TEXTS)} in {items}",
            f"size({items}) {rng.choice(SIGNS)} {rng.randint(0, 2)}",
            of_values(rng, 1, rng.choice(NAMES), "request"),
            "request.isCA",
            "request.isCA == false",
            "request.commonName == ''",
            f"request.key.algorithm {rng.choice(SIGNS[:2])} 'RSA'",
            f"request.key.size {rng.choice(SIGNS)} 2048",
            "has(request.duration)",
            f"request.duration {rng.choice(SIGNS)} duration('24h')",
            f"duration('24h') {rng.choice(SIGNS)} request.duration",
            f"{rng.randint(0, 1)} {rng.choice(SIGNS)} {rng.randint(0, 1)}",
            "request.commonName in request.dnsNames",  # beyond
        ]
    )


def joined(rng: random.Random, make: object) -> str:
    """Put rules together."""
    assert callable(make)
    return rng.choice([f"({make()} && {make()})", f"({make()} || {make()})", f"!({make()})"])


def put_together(rng: random.Random, of: str) -> str:
    """Join texts to one."""
    return " + ".join((rng.choice(TEXTS), f"{of}.namespace", rng.choice(TEXTS)))
