"""URLs, as Go's net/url (1.26) reads and writes them.

Go works on bytes, of which an escape may be any. So each byte is a character here (Latin-1), from
reading to writing. A ValueError says that Go would not read it.
"""

import re
from ipaddress import IPv6Address
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

_BYTES: Final = "latin-1"

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT: Final = re.compile(r"(?::[0-9]*)?")
_USER: Final = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")
_HOST_CHARACTER: Final = r"[A-Za-z0-9._~!\"$&'()*+,:;<=>\[\]\x80-\xff-]"
_HOST: Final = re.compile(rf"(?:{_HOST_CHARACTER}|%25|%[89A-Fa-f][0-9A-Fa-f])*")
# What a zone may be, and what may be escaped in it: what could stand there as it is, space and "%".
_ZONE: Final = re.compile(rf"(?:{_HOST_CHARACTER}|%[0-9A-Fa-f]{{2}})*")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPED_IN_ZONE: Final = re.compile(r"[A-Za-z0-9._~!\"$&'()*+,:;<=>\[\] %-]*")
# What Go does not escape when it writes, beside letters, digits and "-._~".
_PLAIN_IN_PATH: Final = "$&+,/:;=@"
_PLAIN_IN_HOST: Final = "!\"$&'()*+,:;<=>[]"
_PLAIN_IN_USER: Final = "$&+,;="
_PLAIN_IN_FRAGMENT: Final = "!$&()*+,/:;=?@"
# What Go leaves as it was read, if there is nothing else.
_PATH: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@\[\]%/-]*")
_FRAGMENT: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@\[\]%/?-]*")

_OF_THE_WEB: Final = {"http", "https"}  # schemes whose hosts have one colon at most
_MOST_PARAMETERS: Final = 10_000  # of a query: beyond, Go reads none


class Url(NamedTuple):
    """The parts that rules may see; `path` and `query` are escaped, `host` is not."""

    scheme: str = ""
    host: str = ""  # with its port
    path: str = ""
    query: str = ""


def parse_request_url(text: str) -> str:
    """Read what is absolute, or an absolute path, and write it as Go does; raise ValueError."""
    raw = _raw(text)
    _parse(raw, via_request=True)  # to which a fragment belongs to what is before it
    before, _, fragment = raw.partition("#")
    url, written = _parse(before, via_request=False)
    if fragment:
        written += "#" + _rewritten(fragment, _FRAGMENT, _PLAIN_IN_FRAGMENT)
    if read_written(text := _text(written)) != url:
        raise ValueError("a URL that cannot be read again")
    return text


def is_request_url(text: str) -> bool:
    """Tell whether a text is absolute or an absolute path, apart from what its fragment is."""
    try:
        _parse(_raw(text), via_request=True)
    except ValueError:
        return False
    return True


def read_written(written: str) -> Url:
    """Return the parts of what `parse_request_url` has written."""
    url, _ = _parse(_raw(written).partition("#")[0], via_request=False)
    return url


def host_text(url: Url) -> str:
    """Return the host with its port; raise ValueError if it is no UTF-8."""
    return _text(url.host)


def split_host(url: Url) -> tuple[str, str]:
    """Return the host, without the brackets of an address, and its port; raise ValueError."""
    host, colon, port = url.host.rpartition(":")
    if not colon or not _PORT.fullmatch(colon + port):
        host, port = url.host, ""
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return _text(host), port


def query_parameters(url: Url) -> dict[str, list[str]]:
    """Return the values of each name in a query, without what Go cannot read; raise ValueError."""
    parameters = dict[str, list[str]]()
    settings = url.query.split("&")
    if len(settings) > _MOST_PARAMETERS:
        return parameters
    for setting in settings:
        if not setting or ";" in setting or _BAD_ESCAPE.search(setting):
            continue
        name, _, value = (unquote(part, _BYTES) for part in _plus_is_space(setting).partition("="))
        parameters.setdefault(_text(name), []).append(_text(value))
    return parameters


def _plus_is_space(setting: str) -> str:
    return setting.replace("+", " ")


def _raw(text: str) -> str:
    return text.encode().decode(_BYTES)


def _text(raw: str) -> str:
    return raw.encode(_BYTES).decode()


def _parse(raw: str, *, via_request: bool) -> tuple[Url, str]:
    """Return the parts, and the whole as Go writes it; both are without a fragment."""
    if _CONTROL.search(raw) or (via_request and not raw):
        raise ValueError("not a URL")
    if raw == "*":
        return Url(path=raw), raw
    scheme, rest = _cut_scheme(raw)
    rest, mark, query = rest.partition("?")
    beginning = scheme and f"{scheme}:"
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, query=query), beginning + rest + mark + query
        if via_request or ":" in rest.partition("/")[0]:
            raise ValueError("neither absolute nor an absolute path")
    host, path = "", rest
    if rest.startswith("//") and (scheme or not (via_request or rest.startswith("///"))):
        authority, slash, path = rest.removeprefix("//").partition("/")
        path = slash + path
        host, written = _authority(scheme, authority)
        if written or (scheme and path):
            beginning += f"//{written}"
    path = _rewritten(path, _PATH, _PLAIN_IN_PATH)
    return Url(scheme, host, path, query), beginning + path + mark + query


def _cut_scheme(raw: str) -> tuple[str, str]:
    if raw.startswith(":"):
        raise ValueError("no scheme before the colon")
    scheme, colon, rest = raw.partition(":")
    return (scheme.lower(), rest) if colon and _SCHEME.fullmatch(scheme) else ("", raw)


def _authority(scheme: str, authority: str) -> tuple[str, str]:
    """Return the host, and the whole as Go writes it."""
    user, at, host = authority.rpartition("@")
    host = _host(scheme, host)
    if not _USER.fullmatch(user):
        raise ValueError("not a user")
    name, colon, password = user.partition(":")
    name, password = (quote(_unescaped(part), _PLAIN_IN_USER, _BYTES) for part in (name, password))
    return host, name + colon + password + at + quote(host, _PLAIN_IN_HOST, _BYTES)


def _host(scheme: str, host: str) -> str:
    bracket = host.rfind("[")
    if bracket == 0:
        address, closed, port = host[1:].rpartition("]")
        if not closed or not _PORT.fullmatch(port):
            raise ValueError("not an IPv6 address with a port")
        return f"[{_ipv6(address)}]{port}"
    colon = host.find(":") if scheme in _OF_THE_WEB else host.rfind(":")
    port = host[colon:] if colon >= 0 else ""
    if bracket > 0 or not _PORT.fullmatch(port) or not _HOST.fullmatch(host):
        raise ValueError("not a host with a port")
    return unquote(host, _BYTES)


def _ipv6(escaped: str) -> str:
    before, zoned, zone = escaped.partition("%25")
    if not _HOST.fullmatch(before) or not _is_zone(zone) or (zoned and not zone):
        raise ValueError("not an IPv6 address")
    address = unquote(before, _BYTES)
    IPv6Address(address)
    return address + unquote(zoned + zone, _BYTES)


def _is_zone(escaped: str) -> bool:
    unescaped = unquote("".join(_ESCAPE.findall(escaped)), _BYTES)
    return bool(_ZONE.fullmatch(escaped) and _ESCAPED_IN_ZONE.fullmatch(unescaped))


def _rewritten(escaped: str, kept: re.Pattern[str], plain: str) -> str:
    unescaped = _unescaped(escaped)
    return escaped if kept.fullmatch(escaped) else quote(unescaped, plain, _BYTES)


def _unescaped(escaped: str) -> str:
    if _BAD_ESCAPE.search(escaped):
        raise ValueError("not an escape")
    return unquote(escaped, _BYTES)
