"""Kubernetes' CEL library of URLs, with the meaning that Go gives to it."""

from typing import Protocol

from approver.cel.sandbox import url_syntax
from approver.cel.sandbox.budget import BUDGET
from approver.cel.sandbox.functions import Functions
from approver.cel.sandbox.protobuf import MessageClass


class URL(Protocol):
    """A value of the type that rules know: what Go writes for it, by which Go compares, too."""

    text: str


class Urls:
    """The functions of URLs, which are messages of the class `message`.

    To read one again is as good as to remember its parts. Texts may be long and are read often, so
    reading counts as text that a function writes.
    """

    def __init__(self, message: MessageClass) -> None:
        self._message = message

    def functions(self) -> Functions:
        """Return what rules call as functions."""
        return {"url": [self.of], "isURL": [is_url]}

    def methods(self) -> Functions:
        """Return what rules call as methods."""
        return {
            "getScheme": [self.scheme],
            "getHost": [self.host],
            "getHostname": [self.hostname],
            "getPort": [self.port],
            "getEscapedPath": [self.escaped_path],
            "getQuery": [self.query],
        }

    def of(self, text: str) -> URL:
        """Return the URL that a text is; raise ValueError if it is none."""
        BUDGET.spend(len(text))
        message: URL = self._message(text=url_syntax.parse_request_url(text))
        return message

    def scheme(self, url: URL) -> str:
        """Return the scheme in lower case, "" if there is none."""
        return BUDGET.give(self._read(url).scheme)

    def host(self, url: URL) -> str:
        """Return the host, unescaped, with its port."""
        return BUDGET.give(url_syntax.host_text(self._read(url)))

    def hostname(self, url: URL) -> str:
        """Return the host alone, an IPv6 address without its brackets."""
        return BUDGET.give(url_syntax.split_host(self._read(url))[0])

    def port(self, url: URL) -> str:
        """Return the port, "" if there is none."""
        return BUDGET.give(url_syntax.split_host(self._read(url))[1])

    def escaped_path(self, url: URL) -> str:
        """Return the path, in which what must be escaped is."""
        return BUDGET.give(self._read(url).path)

    def query(self, url: URL) -> dict[str, list[str]]:
        """Return the values of each name in the query, unescaped."""
        parameters = url_syntax.query_parameters(self._read(url))
        return {
            BUDGET.give(name): [BUDGET.give(value) for value in values]
            for name, values in parameters.items()
        }

    def _read(self, url: URL) -> url_syntax.Url:
        """Read a URL, and refuse other messages, which the engine does not tell from it."""
        if type(url) is not self._message:
            raise TypeError("not a URL")
        BUDGET.spend(len(url.text))
        return url_syntax.read_written(url.text)


def is_url(text: str) -> bool:
    """Tell whether a text is a URL, as far as Go tells before it looks at the fragment."""
    BUDGET.spend(len(text))
    return url_syntax.is_request_url(text)
