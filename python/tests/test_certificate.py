from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest
from certificates import make_identity as make_host_identity
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
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
    certificate.verify_directly_issued_by(certificate)


def test_it_is_valid_from_a_moment_ago_for_thirty_years() -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    certificate = make_identity("localhost").certificate
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    assert before - timedelta(seconds=30) <= start <= before
    assert end - start == timedelta(hours=262_980, seconds=30)


def test_every_process_has_another_key_and_number() -> None:
    one, other = make_identity("localhost"), make_identity("localhost")
    assert one.key != other.key
    assert one.certificate.serial_number != other.certificate.serial_number
    assert 0 < one.certificate.serial_number < 2**128


def test_of_the_hosts_certificates_the_first_is_trusted() -> None:
    first, second = make_host_identity(ec.SECP384R1()), make_host_identity()
    host = read_host_certificate(first.certificate + second.certificate)
    assert (host.pem, host.curve) == (first.certificate, "secp384r1")


@pytest.mark.parametrize("pem", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError):
        read_host_certificate(pem)


def test_cryptography_is_not_loaded_before_it_is_needed() -> None:
    code = "import espalier_plugin, sys; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
