"""Which CAs there are, and which of them signs, follows from the certificates and the time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from approver.webhook.authorities import Authorities
from approver.webhook.authority import Authority
from tests.controlplane import pki

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEAR = 365 * DAY
WEEK = 7 * DAY


NAMES = ["webhook.approver.svc", "127.0.0.1"]


def started() -> Authorities:
    return Authorities().with_new(NOW, YEAR)


def test_there_are_two_from_the_start_with_staggered_lives() -> None:
    ends = [each.ends_at for each in started().all]
    assert ends == [NOW + YEAR * 2 / 3, NOW + YEAR]


def test_both_are_read_back_from_what_is_written() -> None:
    authorities = started()
    assert Authorities.read(authorities.certificates, authorities.keys) == authorities


def test_nothing_is_made_while_two_last() -> None:
    authorities = started()
    assert authorities.with_new(NOW + 200 * DAY, YEAR) == authorities


@pytest.mark.parametrize("step", [HOUR * 7, 9 * DAY, 31 * DAY])
def test_who_learns_of_cas_a_day_late_can_always_verify(step: timedelta) -> None:
    """Ten years of replicas that look now and then, and of a bundle that is a day behind."""
    authorities, now, bundle = Authorities(), NOW, Authorities()
    signers = set()
    while now < NOW + 10 * YEAR:
        authorities = authorities.lasting(now).with_new(now, YEAR)
        signer = authorities.signer(now)
        assert signer
        if bundle.all:
            assert signer in bundle.all
        if signer.fingerprint not in signers:
            leaf = signer.issue(NAMES, now, WEEK).certificate
            assert leaf.not_valid_after_utc >= now + WEEK
        signers.add(signer.fingerprint)
        assert 2 <= len(authorities.all) <= 3
        bundle, now = authorities, now + max(step, DAY)
    assert len(signers) > 10


def test_one_that_is_new_does_not_sign_yet() -> None:
    authorities = started()
    later = NOW + YEAR * 3 / 4
    both = authorities.lasting(later).with_new(later, YEAR)
    new = both.all[-1]
    assert both.signer(later) != new
    assert both.signer(later + DAY - HOUR) != new
    assert both.signer(later + DAY) == new


def test_a_short_life_is_learnt_of_sooner() -> None:
    authority = Authority.make(NOW, timedelta(minutes=10))
    assert not authority.is_learnt(NOW + timedelta(seconds=59))
    assert authority.is_learnt(NOW + timedelta(seconds=60))


def test_a_clock_that_jumps_a_month_changes_the_leaf_and_no_ca() -> None:
    authorities = started()
    signer = authorities.signer(NOW)
    assert signer
    leaf = signer.issue(NAMES, NOW, WEEK)
    assert not leaf.is_due(NOW + 4 * DAY)
    assert leaf.is_due(NOW + 5 * DAY)
    assert leaf.is_due(NOW + 30 * DAY)
    assert leaf.is_due(NOW - 30 * DAY)
    assert authorities.lasting(NOW + 30 * DAY).with_new(NOW + 30 * DAY, YEAR) == authorities


def test_a_clock_that_jumps_back_makes_cas_for_then_and_keeps_the_others() -> None:
    authorities, then = started(), NOW - 400 * DAY
    both = authorities.lasting(then).with_new(then, YEAR)
    signer = both.signer(then)
    assert signer
    assert signer.is_valid(then)
    assert set(authorities.all) < set(both.all)


def test_after_all_are_over_there_are_new_ones() -> None:
    later = NOW + 2 * YEAR
    authorities = started().lasting(later)
    assert authorities == Authorities()
    assert authorities.signer(later) is None
    assert len(authorities.with_new(later, YEAR).all) == 2


def test_replicas_that_know_the_same_cas_sign_by_the_same() -> None:
    authorities = started()
    turned = Authorities.read(b"".join(reversed(split(authorities.certificates))), authorities.keys)
    for days in range(0, 360, 7):
        moment = NOW + days * DAY
        assert turned.signer(moment) == authorities.signer(moment)


def test_a_leaf_is_for_its_names_backdated_and_never_outlives_its_ca() -> None:
    authority = Authority.make(NOW, 3 * DAY)
    leaf = authority.issue(NAMES, NOW + DAY, WEEK).certificate
    leaf.verify_directly_issued_by(authority.certificate)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["webhook.approver.svc"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert leaf.not_valid_before_utc == NOW + DAY - HOUR
    assert leaf.not_valid_after_utc == authority.ends_at


@pytest.mark.parametrize(
    ("certificates", "keys"),
    [
        (b"", b""),
        (b"garbage", b"garbage"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff\0"),
        (pki.Authority("other").pair.certificate.encode(), b""),
    ],
)
def test_what_is_no_ca_with_its_key_is_none(certificates: bytes, keys: bytes) -> None:
    assert Authorities.read(certificates, keys) == Authorities()


def test_what_is_among_garbage_is_found() -> None:
    authorities = started()
    rubbish = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert (
        Authorities.read(rubbish + authorities.certificates, rubbish + authorities.keys)
        == authorities
    )


def test_a_certificate_that_is_no_ca_signs_nothing() -> None:
    pair = pki.Authority("other").issue("server", "DNS:a.example.com")
    assert Authorities.read(pair.certificate.encode(), pair.key.encode()) == Authorities()


def test_cas_of_a_time_to_come_are_kept_and_do_not_stand_for_those_of_now() -> None:
    """As a leader has made them whose clock was years ahead."""
    ahead = Authorities()
    for years in range(1, 11):
        made = Authority.make(NOW + years * YEAR, YEAR)
        ahead = ahead.with_those_of(Authorities((made,)))
    both = ahead.with_new(NOW, YEAR)
    assert len(both.all) == 12
    signer = both.signer(NOW)
    assert signer
    assert signer.is_valid(NOW)
    assert Authorities.read(both.certificates, both.keys).with_new(NOW, YEAR) == both


def test_a_ca_whose_times_are_beyond_reckoning_is_left_out() -> None:
    made = datetime(9999, 12, 30, tzinfo=UTC)
    strange = Authorities((Authority.make(made, timedelta(hours=1)),))
    assert Authorities.read(strange.certificates, strange.keys) == Authorities()


@pytest.mark.parametrize("moment", [NOW, NOW + timedelta(microseconds=900_000)])
def test_a_ca_that_lives_longer_than_can_be_set_is_left_out(moment: datetime) -> None:
    lasting = Authorities((Authority.make(moment, 10 * YEAR),))
    assert Authorities.read(lasting.certificates, lasting.keys) == lasting
    endless = Authorities((Authority.make(moment, 10 * YEAR + HOUR),))
    assert Authorities.read(endless.certificates, endless.keys) == Authorities()


def test_of_many_a_few_are_kept_and_first_what_is_valid() -> None:
    """Who once could write where they are kept could have filled it."""
    crowd = Authorities(tuple(Authority.make(NOW + n * DAY, YEAR) for n in range(20)))
    kept = crowd.lasting(NOW + 2 * DAY)
    assert len(kept.all) == 8
    assert [each.is_valid(NOW + 2 * DAY) for each in kept.all].count(True) == 3
    assert kept.with_new(NOW + 2 * DAY, YEAR) == kept


Forged = Callable[[x509.CertificateBuilder], x509.CertificateBuilder]


def forged(change: Forged, curve: ec.EllipticCurve | None = None) -> Authorities:
    """Make a CA as ours are, but for a change; whoever signs by it may not be believed."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    model = Authority.make(NOW, YEAR).certificate
    builder = (
        x509.CertificateBuilder(model.subject, model.subject, key.public_key())
        .serial_number(1)
        .not_valid_before(model.not_valid_before_utc)
        .not_valid_after(model.not_valid_after_utc)
    )
    public = key.public_key()
    of_key: dict[type, x509.ExtensionType] = {
        x509.SubjectKeyIdentifier: x509.SubjectKeyIdentifier.from_public_key(public),
        x509.AuthorityKeyIdentifier: x509.AuthorityKeyIdentifier.from_issuer_public_key(public),
    }
    for each in model.extensions:
        value = of_key.get(type(each.value), each.value)
        builder = builder.add_extension(value, each.critical)
    return Authorities((Authority(change(builder).sign(key, hashes.SHA256()), key),))


def named(
    subject: x509.Name | None, issuer: x509.Name, builder: x509.CertificateBuilder
) -> x509.CertificateBuilder:
    """Name them otherwise: a builder does not take a second name."""
    builder._subject_name = subject or builder._subject_name  # noqa: SLF001
    builder._issuer_name = issuer  # noqa: SLF001
    return builder


OTHER_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other")])
EVERYTHING = x509.NameConstraints(None, [x509.DNSName("")])


@pytest.mark.parametrize(
    ("change", "curve"),
    [
        (partial(named, OTHER_NAME, OTHER_NAME), None),
        (partial(named, None, OTHER_NAME), None),
        (lambda builder: builder.add_extension(EVERYTHING, critical=True), None),
        (
            lambda builder: builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
            ),
            None,
        ),
        (lambda builder: builder, ec.SECP256K1()),
        (lambda builder: builder, ec.SECP384R1()),
    ],
    ids=["name", "not by itself", "constraints", "usage", "secp256k1", "P-384"],
)
def test_a_ca_that_none_of_us_has_made_is_left_out(
    change: Forged, curve: ec.EllipticCurve | None
) -> None:
    other = forged(change, curve)
    assert Authorities.read(other.certificates, other.keys) == Authorities()


def test_a_ca_that_is_made_as_ours_are_is_taken_up() -> None:
    """Another replica has made it."""
    other = forged(lambda builder: builder)
    assert Authorities.read(other.certificates, other.keys) == other


def split(pem: bytes) -> list[bytes]:
    mark = b"-----BEGIN "
    return [mark + block for block in pem.split(mark)[1:]]


def test_keys_are_of_p256() -> None:
    for each in started().all:
        assert isinstance(each.key.curve, ec.SECP256R1)
        assert isinstance(each.certificate.signature_hash_algorithm, hashes.SHA256)
