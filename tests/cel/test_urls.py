"""URLs. How texts are read is compared with Go's in test_networks_differential."""

import pytest

from approver.rules import Activation
from tests.cel.evaluation import outcome, outcome_for_request

URL = "https://user:secret@Example.com:8443/a%2Fb/c?q=1&q=2&r=x+y%21&s#fragment"


@pytest.mark.parametrize(
    "rule",
    [
        "isURL(self)",
        "url(self).getScheme() == 'https'",
        "url(self).getHost() == 'Example.com:8443'",
        "url(self).getHostname() == 'Example.com'",
        "url(self).getPort() == '8443'",
        "url(self).getEscapedPath() == '/a%2Fb/c'",
        "url(self).getQuery() == {'q': ['1', '2'], 'r': ['x y!'], 's': ['']}",
        "url(self).getQuery()['q'][1] == '2' && !('t' in url(self).getQuery())",
    ],
)
def test_the_parts_of_a_url(rule: str) -> None:
    assert outcome(rule, URL) == "true"


@pytest.mark.parametrize(
    ("text", "host", "hostname", "port"),
    [
        ("/only/a/path", "", "", ""),
        ("//host/is/read", "host", "host", ""),
        ("mailto:a@example.com", "", "", ""),
        ("http://[2001:db8::1]:80/", "[2001:db8::1]:80", "2001:db8::1", "80"),
        ("http://[fe80::1%25en0]/", "[fe80::1%en0]", "fe80::1%en0", ""),
        ("http://example.com:/", "example.com:", "example.com", ""),
        ("http://example.com:99999/", "example.com:99999", "example.com", "99999"),
        ("http://a@b@example.com/", "example.com", "example.com", ""),
        ("http://b%C3%BCcher.example/", "bücher.example", "bücher.example", ""),
        ("http://example.com\u2215@evil/", "", "", "refused"),
    ],
)
def test_hosts(text: str, host: str, hostname: str, port: str) -> None:
    parts = f"['{host}', '{hostname}', '{port}']"
    read = f"[url(self).getHost(), url(self).getHostname(), url(self).getPort()] == {parts}"
    assert outcome(read, text) == ("failed" if port == "refused" else "true")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "a/b",
        ":a",
        "http://exa mple.com/",
        "http://example.com:a/",
        "http://example.com:80:80/",
        "http://[::1/",
        "http://[1.2.3.4]/",
        "http://::1/",
        "http://%41.example.com/",
        "http://example.com\\@evil/",
        "/%zz",
        "/\n",
        "/\x7f",
    ],
)
def test_what_is_no_url(text: str) -> None:
    assert outcome("isURL(self)", text) == "false"
    assert outcome("url(self).getScheme() != 'https'", text) == "failed"


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("HTTP://example.com/", "http://example.com/", "true"),
        ("http://example.com/", "http://EXAMPLE.com/", "false"),
        ("/a b", "/a%20b", "true"),
        ("/%41", "/A", "false"),
        ("/a#", "/a", "true"),
        ("/a?", "/a", "false"),
        ("/a?x", "/a?x=", "false"),
    ],
)
def test_urls_are_equal_if_go_writes_the_same(one: str, other: str, equal: str) -> None:
    about = Activation(uris=(one, other))
    rule = "url(request.uris[0]) == url(request.uris[1])"
    assert outcome_for_request(rule, about) == equal
    assert outcome_for_request(f"!({rule})", about) == {"true": "false", "false": "true"}[equal]


def test_a_path_is_as_it_was_written_if_it_could_be() -> None:
    assert outcome("url(self).getEscapedPath() == '/a%2fb/c'", "/a%2fb/c") == "true"
    assert outcome("url(self).getEscapedPath() == '/a/b/c%20d'", "/a%2fb/c d") == "true"


def test_a_fragment_counts_as_text_of_the_rest_until_the_url_is_read() -> None:
    assert outcome("isURL(self)", "/?#%zz") == "true"
    assert outcome("url(self).getEscapedPath() == '/'", "/?#%zz") == "failed"


def test_what_a_query_has_that_cannot_be_read_is_left_out() -> None:
    rule = "url(self).getQuery() == {'r': ['1']}"
    assert outcome(rule, "/?q=%zz&%zz=1&a;b=1&&r=1") == "true"


@pytest.mark.parametrize(
    "rule",
    [
        "url(self) == self",
        "string(url(self)) == self",
        "self.getHost() == ''",
        "url(self).getFragment() == ''",
        "url(self).text == self",
        "has(url(self).text)",
        "kubernetes.URL{} == url(self)",
        "url(self).getPort() == 443",
        "url(self).getQuery()['q'] == '1'",
        "'%s'.format([url(self)]) == self",
    ],
)
def test_types_are_checked_and_nothing_is_seen_of_a_value(rule: str) -> None:
    assert outcome(rule, URL) == "unusable"


@pytest.mark.parametrize(
    "rule",
    ["dyn(url(self)) != dyn(self)", "[url(self), self].size() == 2", "dyn(cr).getHost() == ''"],
)
def test_they_do_not_mix_with_anything_else(rule: str) -> None:
    assert outcome(rule, URL) == "failed"


@pytest.mark.parametrize("part", ["%ff", "%00"])
def test_a_part_that_is_no_text_cannot_be_had(part: str) -> None:
    query = f"/?q={part}"
    assert outcome("url(self) == url(self)", query) == "true"
    assert outcome("url(self).getQuery().size() == 1", query) == "failed"


def test_reading_without_end_is_an_error() -> None:
    long = f"http://example.com/{'a' * 4000}"
    rule = f"'{'a' * 300}'.split('').all(each, isURL(self))"
    assert outcome(rule, long) == "failed"
    assert outcome(f"!{rule}", long) == "failed"
