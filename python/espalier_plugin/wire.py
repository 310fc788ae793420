"""The protocol's few protobuf messages, written and read by hand.

Generated code would register descriptors under names that other packages register as well
(``grpc.health.v1``, ``plugin``), and protobuf refuses a second registration in one process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

EMPTY = b""

SERVING = 1
SERVICE_UNKNOWN = 3

STDOUT = 1
STDERR = 2

_Value = TypeVar("_Value", int, bytes)

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


class ConnInfo(NamedTuple):
    """``plugin.ConnInfo``: where one side serves an id. Its knock is for multiplexing only."""

    service_id: int
    network: str
    address: str


def health_response(status: int) -> bytes:
    """``grpc.health.v1.HealthCheckResponse``."""
    return _varint_field(1, status)


def stdio_data(channel: int, data: bytes) -> bytes:
    """``plugin.StdioData``."""
    return _varint_field(1, channel) + _bytes_field(2, data)


def implemented_response(hooks: Iterable[str]) -> bytes:
    """``espalier.v1.ImplementedResponse``."""
    return b"".join(_bytes_field(1, name.encode()) for name in hooks)


def conn_info(info: ConnInfo) -> bytes:
    """``plugin.ConnInfo``."""
    return (
        _varint_field(1, info.service_id)
        + _bytes_field(2, info.network.encode())
        + _bytes_field(3, info.address.encode())
    )


def read_conn_info(message: bytes) -> ConnInfo:
    """``plugin.ConnInfo``.

    Raises:
        ValueError: The bytes are not a protobuf message, or a field is not text.
    """
    return ConnInfo(
        _last(message, 1, 0) & 0xFFFF_FFFF,
        _last(message, 2, b"").decode(),
        _last(message, 3, b"").decode(),
    )


def first_string(message: bytes) -> str:
    """Field 1 as text, which is all of ``HealthCheckRequest`` and ``ConfigurationChange``.

    Raises:
        ValueError: The bytes are not a protobuf message, or the field is not text.
    """
    return _last(message, 1, b"").decode()


def _last(message: bytes, number: int, default: _Value) -> _Value:
    """A field's value, of which the last one counts. One of another kind is an unknown field."""
    kind = type(default)
    values = [value for found, value in _fields(message) if found == number]
    return next((value for value in reversed(values) if isinstance(value, kind)), default)


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


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The numbers and length-delimited fields of a message; fixed ones are passed over."""
    position = 0
    while position < len(message):
        tag, position = _read_varint(message, position)
        kind = tag & 7
        if kind == _VARINT:
            value, position = _read_varint(message, position)
            yield tag >> 3, value
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
