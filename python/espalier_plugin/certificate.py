"""The two certificates of mutual TLS: the one that we make, and the one that the host gave.

The only module that needs ``cryptography``: import it when there is TLS to speak. The certificate
is encoded here, because ``cryptography.x509`` takes longer to import than everything else that
mutual TLS needs.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from espalier_plugin import der

ORGANIZATION = "Espalier plugin"

# The key lives as long as the process, so the dates only have to be wide enough for any of them.
_CLOCK_SKEW_SECONDS = 30
_LIFETIME_SECONDS = 262_980 * 3600

_LABEL = "CERTIFICATE"


def _oid(text: str) -> bytes:
    return der.element(der.OID, bytes.fromhex(text))


def _sequence(*parts: bytes) -> bytes:
    return der.element(der.SEQUENCE, *parts)


_EC_PUBLIC_KEY = _oid("2a8648ce3d0201")
_P256 = _oid("2a8648ce3d030107")
_CURVES = {
    _P256: "secp256r1",
    _oid("2b81040022"): "secp384r1",
    _oid("2b81040023"): "secp521r1",
}
_ECDSA_WITH_SHA256 = _sequence(_oid("2a8648ce3d040302"))
_COMMON_NAME, _ORGANIZATION_NAME = _oid("550403"), _oid("55040a")
_SUBJECT_KEY_IDENTIFIER, _KEY_USAGE = _oid("551d0e"), _oid("551d0f")
_SUBJECT_ALTERNATIVE_NAME, _BASIC_CONSTRAINTS = _oid("551d11"), _oid("551d13")
_EXTENDED_KEY_USAGE = _oid("551d25")
_SERVER_AUTH, _CLIENT_AUTH = _oid("2b06010505070301"), _oid("2b06010505070302")

_TRUE = der.element(der.BOOLEAN, b"\xff")
_DNS_NAME = 0x82
# digitalSignature, keyEncipherment, keyAgreement and keyCertSign, from the highest bit on.
_USAGE = der.bits(bytes([0b1010_1100]), 2)


class Identity(NamedTuple):
    """A key in PEM, and the certificate for it in DER, as the handshake line wants it."""

    key: bytes
    der: bytes

    @property
    def pem(self) -> bytes:
        """The certificate as gRPC wants it."""
        return der.to_pem(_LABEL, self.der)


class HostCertificate(NamedTuple):
    """The one certificate that the host may show, and the curve of its key if that is known."""

    pem: bytes
    curve: str | None


def make_identity(name: str) -> Identity:
    """A new key with a certificate signed by itself: it is trusted because the host was given it.

    Each side is client and server both, once the broker is used, and trusts the other's
    certificate as its own issuer; hence all the usages.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_numbers()
    public = der.bits(b"\x04" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big"))
    body = _to_be_signed(name, public)
    signature = der.bits(key.sign(body, ec.ECDSA(hashes.SHA256())))
    return Identity(
        _private_key(key.private_numbers().private_value, public),
        _sequence(body, _ECDSA_WITH_SHA256, signature),
    )


def read_host_certificate(pem: bytes) -> HostCertificate:
    """Make sure that it is one, for gRPC would only fail each connection later.

    Raises:
        ValueError: It is none.
    """
    certificate = der.from_pem(_LABEL, pem)
    [(_, parts)] = der.elements(certificate)
    [(_, body), _, _] = der.elements(parts)
    # A version of 3 comes before the rest, one of 1 is left out.
    fields = [content for tag, content in der.elements(body) if tag in (der.INTEGER, der.SEQUENCE)]
    # Serial number, algorithm, issuer, validity, subject, and the key.
    [_, _, _, _, _, key] = fields
    [(_, algorithm), (kind, _)] = der.elements(key)
    if kind != der.BIT_STRING:
        raise ValueError("it has no public key")
    names = [der.element(tag, content) for tag, content in der.elements(algorithm)]
    curve = _CURVES.get(names[-1]) if names[:1] == [_EC_PUBLIC_KEY] else None
    return HostCertificate(der.to_pem(_LABEL, certificate), curve)


def _to_be_signed(name: str, public: bytes) -> bytes:
    """RFC 5280, section 4.1."""
    subject = _sequence(
        _attribute(_ORGANIZATION_NAME, ORGANIZATION), _attribute(_COMMON_NAME, name)
    )
    now = int(time.time())
    validity = _sequence(_time(now - _CLOCK_SKEW_SECONDS), _time(now + _LIFETIME_SECONDS))
    return _sequence(
        der.tagged(0, der.integer(2)),
        der.integer(1 + int.from_bytes(os.urandom(15), "big")),
        _ECDSA_WITH_SHA256,
        subject,
        validity,
        subject,
        _sequence(_sequence(_EC_PUBLIC_KEY, _P256), public),
        der.tagged(3, _sequence(*_extensions(name, public))),
    )


def _extensions(name: str, public: bytes) -> list[bytes]:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public)
    identifier = der.element(der.OCTET_STRING, digest.finalize()[:20])
    return [
        _extension(_SUBJECT_ALTERNATIVE_NAME, _sequence(der.element(_DNS_NAME, name.encode()))),
        _extension(_BASIC_CONSTRAINTS, _sequence(_TRUE), critical=True),
        _extension(_KEY_USAGE, _USAGE, critical=True),
        _extension(_EXTENDED_KEY_USAGE, _sequence(_CLIENT_AUTH, _SERVER_AUTH)),
        _extension(_SUBJECT_KEY_IDENTIFIER, identifier),
    ]


def _extension(oid: bytes, value: bytes, *, critical: bool = False) -> bytes:
    content = der.element(der.OCTET_STRING, value)
    return _sequence(oid, _TRUE if critical else b"", content)


def _attribute(oid: bytes, text: str) -> bytes:
    return der.element(der.SET, _sequence(oid, der.element(der.UTF8_STRING, text.encode())))


def _time(seconds: int) -> bytes:
    """Years from 2050 on need the longer form."""
    moment = time.gmtime(seconds)
    if moment.tm_year < 2050:
        return der.element(der.UTC_TIME, time.strftime("%y%m%d%H%M%SZ", moment).encode())
    return der.element(der.GENERALIZED_TIME, time.strftime("%Y%m%d%H%M%SZ", moment).encode())


def _private_key(value: int, public: bytes) -> bytes:
    """PKCS #8 (RFC 5958) around RFC 5915."""
    secret = der.element(der.OCTET_STRING, value.to_bytes(32, "big"))
    key = _sequence(der.integer(1), secret, der.tagged(1, public))
    algorithm = _sequence(_EC_PUBLIC_KEY, _P256)
    return der.to_pem(
        "PRIVATE KEY",
        _sequence(der.integer(0), algorithm, der.element(der.OCTET_STRING, key)),
    )
