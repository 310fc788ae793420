"""The protocol's few protobuf messages, written and read by hand.

Generated code would register descriptors under names that other packages register as well
(``grpc.health.v1``, ``plugin``), and protobuf refuses a second registration in one process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

EMPTY = b""

SERVING = 1
SERVICE_UNKNOWN = 3

STDOUT = 1
STDERR = 2

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def health_response(status: int) -> bytes:
    """``grpc.health.v1.HealthCheckResponse``."""
    return _varint_field(1, status)


def stdio_data(channel: int, data: bytes) -> bytes:
    """``plugin.StdioData``."""
    return _varint_field(1, channel) + _bytes_field(2, data)


def implemented_response(hooks: Iterable[str]) -> bytes:
    """``espalier.v1.ImplementedResponse``."""
    return b"".join(_bytes_field(1, name.encode()) for name in hooks)


def first_string(message: bytes) -> str:
    """Field 1 as text, which is all of ``HealthCheckRequest`` and ``ConfigurationChange``.

    Raises:
        ValueError: The bytes are not a protobuf message, or the field is not text.
    """
    values = [value for number, value in _fields(message) if number == 1]
    return values[-1].decode() if values else ""


def _varint_field(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _bytes_field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a message; those of other kinds are passed over."""
    position = 0
    while position < len(message):
        tag, position = _read_varint(message, position)
        kind = tag & 7
        if kind == _VARINT:
            _, position = _read_varint(message, position)
            continue
        if kind == _LENGTH:
            length, position = _read_varint(message, position)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"unknown protobuf wire type {kind}")
        end = position + length
        if end > len(message):
            raise ValueError("a protobuf field is cut off")
        if kind == _LENGTH:
            yield tag >> 3, message[position:end]
        position = end


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise ValueError("a protobuf number is cut off")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("a protobuf number is too long")
