"""Texts that are nearly IP addresses, CIDR and URLs, and rules that tell how they are read."""

import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from approver.cel.sandbox import url_syntax
from approver.cel.sandbox.addresses import Addresses
from approver.cel.sandbox.budget import BUDGET
from approver.cel.sandbox.protobuf import load
from approver.cel.sandbox.vocabulary import LIBRARY_MESSAGES

# Of the texts `a`, `b` and `c`.
RULES: Final = (
    "isIP(a)",
    "ip(a) == ip(b)",
    "string(ip(a)) == b",
    "ip.isCanonical(a)",
    "ip(a).family() == 4",
    "ip(a).isUnspecified()",
    "ip(a).isLoopback()",
    "ip(a).isLinkLocalMulticast()",
    "ip(a).isLinkLocalUnicast()",
    "ip(a).isGlobalUnicast()",
    "isCIDR(a)",
    "cidr(a) == cidr(b)",
    "string(cidr(a)) == b",
    "string(cidr(a).prefixLength()) == b",
    "string(cidr(a).ip()) == b",
    "string(cidr(a).masked()) == b",
    "cidr(a).containsIP(b)",
    "cidr(a).containsIP(ip(b))",
    "cidr(a).containsCIDR(b)",
    "cidr(a).containsCIDR(cidr(b))",
    "isURL(a)",
    "url(a) == url(b)",
    "url(a) != url(b)",
    "url(a).getScheme() == b",
    "url(a).getHost() == b",
    "url(a).getHostname() == b",
    "url(a).getPort() == b",
    "url(a).getEscapedPath() == b",
    "b in url(a).getQuery()",
    "string(url(a).getQuery().size()) == b",
    "string(url(a).getQuery()[b].size()) == c",
    "url(a).getQuery()[b][0] == c",
    "url(a).getQuery()[b][1] == c",
)

# Picked texts, and what to make others of.
_TEXTS: Final[dict[str, list[str]]] = json.loads(Path(__file__).with_suffix(".json").read_text())
_BEGINNINGS: Final = ("", "http://", "x://", "x:", "/", "//", "http://[fe80::1%25", "/?", "1.2.3.")
_SOME_ADDRESSES: Final = ("10.1.2.3", "fe80::a1", "::")
_SOME_NETWORKS: Final = ("10.1.2.4", "10.1.3.0/24", "fe80::b", "fe80::/9", "0.0.0.0/0", "::/0")
LONGEST: Final = 200  # characters, as the API server has to be told

# Where the engine fails on purpose, as docs/cel.md says: a NUL, bytes that are no UTF-8, and URLs
# that Go does not read as it wrote them.
_READ_OTHERWISE: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?/%2f.*|.*\[.*%25.*(?:%5b|[^\x00-\x7f]).*", re.IGNORECASE | re.DOTALL
)


class Case(NamedTuple):
    """What `a`, `b` and `c` are in a rule."""

    a: str
    b: str
    c: str = ""


def cases() -> list[Case]:
    """Return picked and generated texts, each with all that our functions make of it."""
    chance = random.Random(1)  # noqa: S311 - it need not be secret
    addresses, urls = _TEXTS["addresses"], _TEXTS["urls"]
    networks = [f"{each}{end}" for each in _SOME_ADDRESSES for end in _TEXTS["lengths"]]
    networks += [f"{address}/24" for address in addresses]
    texts = [*addresses, *networks, *urls]
    texts += [_mutated(chance.choice(texts), chance) for _ in range(150)]
    texts += [_random(chance) for _ in range(200)]
    found = [Case(a, *rest) for a in texts for rest in _made_of(a)]
    found += [Case(*pair) for pair in product(networks, _SOME_NETWORKS) if chance.random() < 0.1]
    found += [Case(*chance.choices(texts, k=2)) for _ in range(100)]
    return list(dict.fromkeys(case for case in found if max(map(len, case)) <= LONGEST))


def may_fail(case: Case) -> bool:
    """Tell whether the engine may fail at what Go reads."""
    return any(_is_difficult(text) for text in case)


def _is_difficult(text: str) -> bool:
    try:
        return "\0" in unquote_to_bytes(text).decode() or bool(_READ_OTHERWISE.fullmatch(text))
    except UnicodeDecodeError:
        return True


def _mutated(text: str, chance: random.Random) -> str:
    place = chance.randint(0, len(text))
    removed = chance.randint(0, 2)
    return text[:place] + chance.choice(_TEXTS["atoms"]) + text[place + removed :]


def _random(chance: random.Random) -> str:
    return chance.choice(_BEGINNINGS) + "".join(
        chance.choices(_TEXTS["atoms"], k=chance.randrange(1, 8))
    )


def _made_of(text: str) -> Iterator[tuple[str, ...]]:
    """Give what rules may compare with: what our functions return, and the text itself."""
    yield (text,)
    BUDGET.renew()
    _, classes = load(LIBRARY_MESSAGES, "proto3")
    addresses = Addresses(classes["net.IP"], classes["net.CIDR"])
    with suppress(ValueError):
        yield (addresses.ip_text(addresses.ip_of(text)),)
    try:
        network = addresses.cidr_of(text)
    except ValueError:
        pass
    else:
        yield (addresses.cidr_text(addresses.masked(network)),)
        yield (addresses.ip_text(addresses.ip_of_cidr(network)),)
        yield (str(addresses.prefix_length(network)),)
    try:
        written = url_syntax.parse_request_url(text)
        url = url_syntax.read_written(written)
        parameters = url_syntax.query_parameters(url)
        parts = {written, *url_syntax.split_host(url), url_syntax.host_text(url)}
    except ValueError:
        return
    for part in sorted(parts | {url.scheme, url.path, str(len(parameters))}):
        yield (part,)
    for name, values in parameters.items():
        for value in (*values[:2], str(len(values))):
            yield (name, value)
