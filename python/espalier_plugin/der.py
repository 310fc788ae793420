"""ASN.1 in its DER and PEM encodings, as far as a certificate needs it (X.690, RFC 7468)."""

from __future__ import annotations

import binascii
from collections.abc import Iterator

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
UTF8_STRING, UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x0C, 0x17, 0x18, 0x30, 0x31


def tagged(number: int, *parts: bytes) -> bytes:
    """A constructed element with a tag that its context explains."""
    return element(0xA0 | number, *parts)


def element(tag: int, *parts: bytes) -> bytes:
    """The tag, the length, and the parts one after the other."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value: int) -> bytes:
    """A number that is not negative."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bits(content: bytes, unused: int = 0) -> bytes:
    """A bit string, of which the last ``unused`` bits do not count."""
    return element(BIT_STRING, bytes([unused]), content)


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and the content of each element.

    Raises:
        ValueError: An element is cut off.
    """
    position = 0
    while position < len(data):
        tag, start, end = _header(data, position)
        if end > len(data):
            raise ValueError("an element is cut off")
        yield tag, data[start:end]
        position = end


def to_pem(label: str, der: bytes) -> bytes:
    """The armoured form, in lines of 64 characters."""
    text = binascii.b2a_base64(der, newline=False).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def from_pem(label: str, pem: bytes) -> bytes:
    """The first element of that label.

    Raises:
        ValueError: There is none.
    """
    _, _, rest = pem.partition(f"-----BEGIN {label}-----".encode())
    text, end, _ = rest.partition(f"-----END {label}-----".encode())
    if not end:
        raise ValueError(f"it has no {label}")
    return binascii.a2b_base64(b"".join(text.split()))


def _header(data: bytes, position: int) -> tuple[int, int, int]:
    try:
        tag, size = data[position], data[position + 1]
    except IndexError:
        raise ValueError("an element is cut off") from None
    start = position + 2
    if size >= 0x80:
        start += size - 0x80
        size = int.from_bytes(data[position + 2 : start], "big")
    return tag, start, start + size
