import pytest

from approver.x509.uri import is_canonical


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "https://example.com",
            "https://example.com/",
            "http://Example.COM:8080/a/b;c?q=a/?b#f/?",
        ),
        *("spiffe://cluster.local/ns/team-a/sa/web", "urn:uuid:6e8bc430", "mailto:a@example.com"),
        *(
            "file:///etc/passwd",
            "file:/etc",
            "a+b.c-1:x",
            "urn:",
            "urn:?q",
            "https://example.com?q",
        ),
        *(
            "https://a/%2F%2f%20%7Euser",
            "https://a/?",
            "https://a/??",
            "https://a/?%20",
            "https://a/.well-known/...",
            "https://a/..b/c..?../.",
            "https://a#%2f",
        ),
        *(
            "https://user@a/",
            "https://user:pw@a/",
            "https://@a/",
            "https://:@a/",
            "https://u%40:%3A@a/",
        ),
        *("https://$&+,;=@a/", "x://!$&'()*+,;=/", "https://a:/", "https://a:99999/", "x://:80"),
        *(
            "https://[::1]/",
            "https://[2001:db8::1]:443/",
            "https://[::ffff:10.0.0.1]/",
            "x://a%25b/",
        ),
        *(
            "/",
            "/a//b",
            "../x",
            "a",
            "a/b:c",
            "*",
            "?q",
            "?",
            "#f",
            "//a/b",
            "//u@/",
            "%2a",
            "./a:b",
        ),
        *("https://a/!$&'()*+,;=:@-._~", "https://a.:80/", "x:%2A", "x://a"),
    ],
)
def test_canonical(uri: str) -> None:
    """Go parses it, writes it again as it was, and its x509 package accepts the host."""
    assert is_canonical(uri)


@pytest.mark.parametrize(
    "uri",
    [
        *("HTTP://a/", "hTTP:a", "1a:b", ":", ":a", "a_b:c", "%41:b", "a:b:c:%"),
        *("https://a/#", "#", "https://a/#a#b"),
        *("https://a/%", "https://a/%4", "https://a/%zz", "https://a/?%g0", "https://a/#%", "x:%"),
        *(
            'https://a/"',
            "https://a/<",
            "https://a/\\",
            "https://a/^",
            "https://a/`",
            "https://a/{}",
        ),
        *("https://a/[", "https://a/?]", "https://a/|", "https://a/#[", "x:[", 'x:"', "x:#\\"),
    ],
)
def test_characters_are_those_of_rfc_3986(uri: str) -> None:
    """The scheme is in lower case, a fragment is not empty, and an escape has two digits."""
    assert not is_canonical(uri)


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "https://a b/",
            "https://a:b/",
            "https://a:-1/",
            "https://a:80:80/",
            "x://a:1,b:2/",
            "x://::1/",
        ),
        *(
            "https://a<b>/",
            'https://"/',
            "https://a%41/",
            "https://%C3%A9/",
            "https://a%/",
            "https://[/",
        ),
        *("https://a./", "https://.a/", "https://a..b/", "https://./", "https://a.b."),
        *("https://[]/", "https://[::1/", "https://[::1]a/", "https://a[::1]/", "https://[::1]]/"),
        *("https://[10.0.0.1]/", "https://[::G]/", "https://[v1.a]/", "https://[fe80::1%25en0]/"),
        *("https://[::1%en0]/", "https://[::01.2.3.4]/", "https://[1:2:3]/", "https://[::1]:x/"),
    ],
)
def test_a_host_is_one_that_everybody_reads(uri: str) -> None:
    """A host has no empty label, no escapes, no colon but before a port, or is IPv6."""
    assert not is_canonical(uri)


@pytest.mark.parametrize(
    "uri",
    [
        *("https://a!b@c/", "https://a@b@c/", "https://%41@a/", "https://%3a@a/", "https://%7E@a/"),
        *("https://u:p:q@a/", "https://u:%24@a/", "https://(@a/", "https://u%@a/", 'https://"@a/'),
    ],
)
def test_a_user_is_escaped_as_needed(uri: str) -> None:
    """Go escapes more in a user's name than RFC 3986 does, and in upper case."""
    assert not is_canonical(uri)


@pytest.mark.parametrize(
    "uri", ["https://", "https://?q", "x://#f", "//", "///a", "//?q", "////", "%2A", "%2A?q"]
)
def test_nothing_is_written_differently(uri: str) -> None:
    """Where nothing is between the slashes, parsers disagree on what is the host."""
    assert not is_canonical(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "spiffe://td/ns/a/../b/sa/admin",
        "spiffe://td/ns/a/./b",
        "spiffe://td/..",
        "spiffe://td/.",
        "file:///../etc",
        "a/../b",
        "a:../b",
        "../a/../b",
        "spiffe://td/ns/a/%2e%2e/b",
        "spiffe://td/ns/a/.%2E/b",
        "spiffe://td/%61",
        "spiffe://td/%5A%5f",
        "https://a/?%2D",
        "https://a/#%39",
        "https://a/%00",
        "https://a/?q=%00",
    ],
)
def test_nothing_may_be_left_for_others_to_normalise(uri: str) -> None:
    assert not is_canonical(uri)
