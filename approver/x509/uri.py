"""Whether a URI is in canonical form: whoever parses it and writes it again gets the same.

The grammar is RFC 3986's. What is canonical is what Go's net/url (1.26) makes of it, because the
signer reads URIs with that; and it must have a host that Go's crypto/x509 accepts. Beyond that,
nothing may be left in it that RFC 3986 (6.2.2) has others normalise: a policy would judge one
identity, and they would read another.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

_PCHAR: Final = r"[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}"
_HOST: Final = r"\[(?P<address>[0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%25)*"

_URI: Final = re.compile(
    rf"""
    (?: (?P<scheme> [a-z][a-z0-9+.-]* ) : )?
    (?: // (?P<authority> (?: (?P<user> [^@/?\#]* ) @ )? (?P<host> (?:{_HOST}) (?: :[0-9]* )? ) )
        (?= [/?\#] | \Z )               # a path behind it begins with a slash
      | (?! // )                          # a path without it does not begin with two,
        (?(scheme) | (?! [^/?\#]* : ) )   # nor with what looks like a scheme
    )
    (?P<path> (?: {_PCHAR} | / )* )
    (?: \? (?: {_PCHAR} | [/?] )* )?
    (?: \# (?: {_PCHAR} | [/?] )+ )?
    """,
    re.VERBOSE,
)

_DOT_SEGMENT: Final = re.compile(r"(?:\A|/)\.{1,2}(?:/|\Z)")
_LEADING_DOT_SEGMENTS: Final = re.compile(r"(?:\.{1,2}/)*")
# Of unreserved characters, and of NUL, at which some end the text. Older standards reserved `~`.
_NEEDLESS_ESCAPE: Final = re.compile(
    r"%(?: 00 | 2[DE] | 3[0-9] | 4[1-9A-F] | 5[0-9AF] | 6[1-9A-F] | 7[0-9A] )",
    re.IGNORECASE | re.VERBOSE,
)


def is_canonical(uri: str) -> bool:
    """Tell whether a URI or a relative reference is in canonical form."""
    parts = _URI.fullmatch(uri)
    if parts is None or _has_dot_segments(parts) or _NEEDLESS_ESCAPE.search(uri):
        return False
    if parts["authority"] is None:
        return bool(parts["scheme"]) or parts["path"] != "%2A"  # Go writes the path `*` as it is
    if not parts["authority"]:
        return bool(parts["scheme"] and parts["path"])  # `file:///etc`
    return (
        all(_is_escaped_as_needed(part) for part in (parts["user"] or "").split(":", 1))
        and (not parts["host"] or all(parts["host"].split(".")))  # no empty label
        and (parts["address"] is None or _is_ipv6(parts["address"]))
    )


def _has_dot_segments(parts: re.Match[str]) -> bool:
    path = parts["path"]
    if not parts["scheme"] and parts["authority"] is None:
        # Where a relative reference begins with them, there is nothing yet that they could remove.
        path = _LEADING_DOT_SEGMENTS.sub("", path, count=1)
    return bool(_DOT_SEGMENT.search(path))


def _is_escaped_as_needed(part: str) -> bool:
    """Tell whether a user's name or password has those characters escaped that Go escapes."""
    return quote_from_bytes(unquote_to_bytes(part), safe="$&+,;=") == part


def _is_ipv6(address: str) -> bool:
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True
