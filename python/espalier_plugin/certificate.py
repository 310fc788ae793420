"""The two certificates of mutual TLS: the one that we make, and the one that the host gave.

The only module that needs ``cryptography``: import it when there is TLS to speak.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANIZATION = "Espalier plugin"

# The key lives as long as the process, so the dates only have to be wide enough for any of them.
_CLOCK_SKEW = timedelta(seconds=30)
_LIFETIME = timedelta(hours=262_980)


@dataclass(frozen=True)
class Identity:
    """A key and the certificate for it."""

    key: bytes
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """The certificate as gRPC wants it."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        """The certificate as the handshake line wants it."""
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class HostCertificate:
    """The one certificate that the host may show."""

    pem: bytes
    curve: str | None


def make_identity(name: str) -> Identity:
    """A new key with a certificate signed by itself: it is trusted because the host was given it.

    Each side is client and server both, once the broker is used, and trusts the other's
    certificate as its own issuer; hence all the usages.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1 + secrets.randbelow(2**128 - 1))
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
            ),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Identity(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), certificate
    )


def read_host_certificate(pem: bytes) -> HostCertificate:
    """Make sure that it is one, for gRPC would only fail each connection later.

    Raises:
        ValueError: It is none.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except (x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from error
    curve = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else None
    return HostCertificate(certificate.public_bytes(Encoding.PEM), curve)


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=True,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
