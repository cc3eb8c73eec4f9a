"""IP addresses and CIDR. How texts are read is compared with Go's in test_networks_differential."""

import pytest

from approver.rules import Activation
from tests.cel.evaluation import outcome, outcome_for_request


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0:0:0:0:0:A", "2001:db8::a"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ("::192.0.2.1", "::c000:201"),
    ],
)
def test_an_address(text: str, canonical: str) -> None:
    assert outcome("isIP(self)", text) == "true"
    assert outcome(f"string(ip(self)) == '{canonical}'", text) == "true"
    assert outcome(f"ip(self) == ip('{canonical}')", text) == "true"
    assert outcome("ip.isCanonical(self)", text) == str(text == canonical).lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "192.0.2",
        "192.0.2.01",
        "192.0.2.256",
        "192.0.2.1/32",
        " 192.0.2.1",
        "192.0.2.\u0661",
        "3221225985",
        "::ffff:192.0.2.1",
        "fe80::1%eth0",
        "[::1]",
        "1::2::3",
        "1:2:3:4:5:6:7:8::",
        "0" * 4096,
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert outcome("isIP(self)", text) == "false"
    assert outcome("ip(self) == ip(self)", text) == "failed"
    assert outcome("ip.isCanonical(self)", text) == "failed"
    assert outcome("!ip.isCanonical(self)", text) == "failed"


@pytest.mark.parametrize(
    ("rule", "members", "others"),
    [
        ("family() == 4", ["0.0.0.0"], ["::"]),  # noqa: S104 - an address, to which nothing binds
        ("family() == 6", ["::", "::1.2.3.4"], ["1.2.3.4"]),
        ("isUnspecified()", ["0.0.0.0", "::"], ["0.0.0.1", "::1"]),  # noqa: S104 - the same
        ("isLoopback()", ["127.0.0.1", "127.9.9.9", "::1"], ["128.0.0.1", "::2"]),
        ("isLinkLocalMulticast()", ["224.0.0.9", "ff02::1", "ff32::1"], ["224.0.1.1", "ff05::1"]),
        ("isLinkLocalUnicast()", ["169.254.9.9", "fe80::1", "febf::1"], ["169.255.0.0", "fec0::"]),
        (
            "isGlobalUnicast()",
            ["10.0.0.1", "192.0.2.1", "240.0.0.1", "fc00::1", "2001:db8::1"],
            ["0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.1", "::", "::1", "ff05::1"],  # noqa: S104
        ),
    ],
)
def test_kinds_of_addresses(rule: str, members: list[str], others: list[str]) -> None:
    assert [outcome(f"ip(self).{rule}", member) for member in members] == ["true"] * len(members)
    assert [outcome(f"ip(self).{rule}", other) for other in others] == ["false"] * len(others)


@pytest.mark.parametrize(
    "rule",
    [
        "cidr('10.0.0.0/8').containsIP('10.1.2.3')",
        "cidr('10.0.0.0/8').containsIP(ip('10.1.2.3'))",
        "!cidr('10.0.0.0/8').containsIP('11.0.0.0')",
        "cidr('10.9.9.9/8').containsIP('10.1.2.3')",
        "cidr('::/0').containsIP('::1') && !cidr('::/0').containsIP('10.1.2.3')",
        "!cidr('0.0.0.0/0').containsIP('::1')",
        "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
        "cidr('10.0.0.0/8').containsCIDR(cidr('10.9.9.9/8'))",
        "!cidr('10.1.0.0/16').containsCIDR('10.0.0.0/8')",
        "!cidr('0.0.0.0/0').containsCIDR('::/0')",
        "cidr('10.1.2.3/8').ip() == ip('10.1.2.3')",
        "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')",
        "cidr('10.1.2.3/8') != cidr('10.0.0.0/8')",
        "cidr('2001:DB8::/32') == cidr('2001:db8:0::/32')",
        "cidr('10.1.2.3/8').prefixLength() == 8",
        "string(cidr('2001:DB8::1/32')) == '2001:db8::1/32'",
        "string(cidr('10.1.2.3/8').masked().ip()) == '10.0.0.0'",
    ],
)
def test_networks(rule: str) -> None:
    assert outcome(rule) == "true"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/+8",
        "10.0.0.0/255.0.0.0",
        "10.0.0/8",
        "::/129",
        "::ffff:10.0.0.0/104",
        "fe80::%eth0/64",
        "10.0.0.0/8 ",
    ],
)
def test_what_is_no_network(text: str) -> None:
    assert outcome("isCIDR(self)", text) == "false"
    assert outcome("cidr(self).prefixLength() >= 0", text) == "failed"
    assert outcome("cidr('10.0.0.0/8').containsCIDR(self)", text) == "failed"
    assert outcome("!cidr('10.0.0.0/8').containsCIDR(self)", text) == "failed"


def test_a_network_does_not_contain_what_is_no_address() -> None:
    assert outcome("cidr('10.0.0.0/8').containsIP(self)", "a.example.com") == "failed"
    assert outcome("!cidr('10.0.0.0/8').containsIP(self)", "a.example.com") == "failed"


def test_rules_over_the_request_have_them_too() -> None:
    about = Activation(ip_addresses=("10.0.0.1", "10.0.0.2"))
    inside = "request.ipAddresses.all(each, cidr('10.0.0.0/8').containsIP(each))"
    assert outcome_for_request(inside, about) == "true"
    mapped = "request.ipAddresses.map(each, ip(each)) == [ip('10.0.0.1'), ip('10.0.0.2')]"
    assert outcome_for_request(mapped, about) == "true"
    assert outcome_for_request("ip(request.ipAddresses[0]) in [ip('10.0.0.1')]", about) == "true"


@pytest.mark.parametrize(
    "rule",
    [
        "ip('::1') == '::1'",
        "ip('::1') == cidr('::1/128')",
        "ip('::1') in ['::1']",
        "ip(1) == ip(1)",
        "isIP(ip('::1'))",
        "'::1'.isLoopback()",
        "cidr('::1/128').isLoopback()",
        "cidr('::/0').containsIP(cidr('::1/128'))",
        "cidr('::/0').containsCIDR(ip('::1'))",
        "ip('::1').ip() == ip('::1')",
        "ip('::1').isCanonical()",
        "true ? ip('::1') : cidr('::1/128')",
        "ip('::1') < ip('::2')",
        "ip('::1')",
        "'%s'.format([ip('::1')]) == '::1'",
        "ip('::1').text == '::1'",
        "ip('::1').`text` == '::1'",
        "has(ip('::1').text)",
        "`@ip_to_string`(ip('::1')) == '::1'",
        "@ip_to_string(ip('::1')) == '::1'",
        "net.IP{} == ip('::1')",
        "net.CIDR{text: '::/0'}.containsIP('::1')",
    ],
)
def test_types_are_checked_and_nothing_is_seen_of_a_value(rule: str) -> None:
    assert outcome(rule) == "unusable"
    assert outcome_for_request(rule, Activation()) == "unusable"


@pytest.mark.parametrize(
    "rule",
    [
        "dyn(ip('::1')) == dyn('::1')",
        "dyn(ip('::1')) != dyn('::1')",
        "dyn(ip('::1')) != dyn(cidr('::1/128'))",
        "ip('::1') != dyn('::1')",
        "[ip('::1'), cidr('::1/128')].size() == 2",
        "[ip('::1'), '::1'][0] != ip('::2')",
        "{'a': ip('::1'), 'b': '::1'}['a'] != ip('::2')",
        "ip('::1') != ([ip('::1')] + dyn(['::1']))[1]",
        "{ip('::1'): true}[ip('::1')]",
        "string(dyn(ip('::1'))) == '::1'",
        "dyn('::1').isLoopback()",
        "dyn(cr).family() == 6",
        "cidr('::/0').containsIP(dyn(cr))",
        "dyn(serviceAccount(cr.username)).family() == 6",
    ],
)
def test_they_do_not_mix_with_anything_else(rule: str) -> None:
    assert outcome(rule) == "failed"


@pytest.mark.parametrize(
    "rule",
    [
        "string(1) == '1' && string(2u) == '2' && string(1.5) == '1.5' && string('a') == 'a'",
        "string(true) == 'true' && string(b'a') == 'a'",
        "string(duration('1s')) == '1s' && string(timestamp(0)) == '1970-01-01T00:00:00Z'",
        "string(dyn(1)) == '1' && string(dyn(1.5)) == '1.5' && string(dyn('a')) == 'a'",
    ],
)
def test_string_takes_what_it_took(rule: str) -> None:
    assert outcome(rule) == "true"
