from __future__ import annotations

import ssl
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest
from certificates import make_identity as make_host_identity
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from espalier_plugin.certificate import make_identity, read_host_certificate


def test_a_certificate_is_what_a_go_plugin_host_expects() -> None:
    certificate = x509.load_der_x509_certificate(make_identity("localhost").der)
    key = certificate.public_key()
    extensions = certificate.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage)

    assert certificate.subject.rfc4514_string() == "CN=localhost,O=Espalier plugin"
    assert certificate.issuer == certificate.subject
    assert isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    assert isinstance(certificate.signature_hash_algorithm, SHA256)
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost"]
    assert len(list(names.value)) == 1
    assert (constraints.critical, constraints.value.ca) == (True, True)
    assert usage.critical
    assert [
        usage.value.digital_signature,
        usage.value.key_encipherment,
        usage.value.key_agreement,
        usage.value.key_cert_sign,
        usage.value.content_commitment,
        usage.value.data_encipherment,
        usage.value.crl_sign,
    ] == [True] * 4 + [False] * 3
    assert set(purposes.value) == {
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.SERVER_AUTH,
    }
    assert len(extensions) == 5
    assert not usage.value.encipher_only and not usage.value.decipher_only
    certificate.verify_directly_issued_by(certificate)


def test_it_is_valid_from_a_moment_ago_for_thirty_years() -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    certificate = x509.load_der_x509_certificate(make_identity("localhost").der)
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    assert before - timedelta(seconds=30) <= start <= before
    assert end - start == timedelta(hours=262_980, seconds=30)


def test_every_process_has_another_key_and_number() -> None:
    one, other = make_identity("localhost"), make_identity("localhost")
    assert one.key != other.key
    numbers = [
        x509.load_der_x509_certificate(identity.der).serial_number for identity in (one, other)
    ]
    assert numbers[0] != numbers[1]
    assert all(0 < number < 2**128 for number in numbers)


def test_the_key_is_the_one_of_the_certificate() -> None:
    identity = make_identity("localhost")
    key = load_pem_private_key(identity.key, None)
    certificate = x509.load_pem_x509_certificate(identity.pem)
    assert key.public_key() == certificate.public_key()
    assert certificate.public_bytes(Encoding.DER) == identity.der


def test_of_the_hosts_certificates_the_first_is_trusted() -> None:
    first, second = make_host_identity(ec.SECP384R1()), make_host_identity()
    host = read_host_certificate(first.certificate + second.certificate)
    assert (host.pem, host.curve) == (first.certificate, "secp384r1")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_the_curve_of_the_hosts_key_is_known(curve: ec.EllipticCurve) -> None:
    assert read_host_certificate(make_host_identity(curve).certificate).curve == curve.name


def test_a_key_of_another_kind_has_no_curve() -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([])
    now = datetime.now(timezone.utc)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now).sign(
        key, SHA256()
    )
    assert read_host_certificate(certificate.public_bytes(Encoding.PEM)).curve is None


WHOLE = make_host_identity().certificate
CUT_OFF = ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(WHOLE.decode())[:-1]).encode()


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"nonsense",
        b"-----BEGIN CERTIFICATE-----\n",
        WHOLE[:-30],
        CUT_OFF,
        make_host_identity().key.replace(b"PRIVATE KEY", b"CERTIFICATE"),
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nM\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_certificate_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError):
        read_host_certificate(pem)


def test_cryptography_is_not_loaded_before_it_is_needed() -> None:
    code = "import espalier_plugin, sys; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_x509_is_not_loaded_at_all() -> None:
    code = "import espalier_plugin.certificate, sys; sys.exit('cryptography.x509' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
