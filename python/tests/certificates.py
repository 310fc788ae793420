"""A host's certificate, made apart from the package's own way to make one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HASHES: dict[str, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


class Identity(NamedTuple):
    """A key, and a certificate of ``localhost`` that it signed itself."""

    key: bytes
    certificate: bytes

    @property
    def env(self) -> dict[str, str]:
        return {"PLUGIN_CLIENT_CERT": self.certificate.decode()}

    def channel_credentials(self, plugin: bytes) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(plugin, self.key, self.certificate)

    def server_credentials(self, plugin: bytes) -> grpc.ServerCredentials:
        return grpc.ssl_server_credentials([(self.key, self.certificate)], plugin, True)


def make_identity(curve: ec.EllipticCurve | None = None) -> Identity:
    curve = curve or ec.SECP256R1()
    key = ec.generate_private_key(curve)
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "The host")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, HASHES[curve.name])
    )
    return Identity(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate.public_bytes(Encoding.PEM),
    )
