from __future__ import annotations

import pytest
from conn_info import ConnInfo
from grpc_health.v1 import health_pb2

from espalier_plugin import wire


def test_a_health_answer_is_what_the_generated_code_writes() -> None:
    generated = health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
    assert wire.health_response(wire.SERVING) == generated.SerializeToString() == b"\x08\x01"


def test_a_service_name_is_read_as_the_generated_code_writes_it() -> None:
    for service in ["", "plugin", "größer", "x" * 300]:
        request = health_pb2.HealthCheckRequest(service=service)
        assert wire.first_string(request.SerializeToString()) == service


def test_stdio_data_has_channel_and_bytes() -> None:
    assert wire.stdio_data(wire.STDOUT, b"hel\nl") == b"\x08\x01\x12\x05hel\nl"
    assert wire.stdio_data(wire.STDERR, b"x" * 200) == b"\x08\x02\x12\xc8\x01" + b"x" * 200


def test_hook_names_are_repeated_strings() -> None:
    assert wire.implemented_response(["A", "Bc"]) == b"\x0a\x01A\x0a\x02Bc"
    assert wire.implemented_response([]) == b""


ADDRESSES = [
    (1, "unix", "/tmp/plugin820559166"),
    (0, "", ""),
    (2**32 - 1, "tcp", "127.0.0.1:1234"),
    (300, "unix", "/größer/" + "x" * 300),
]


@pytest.mark.parametrize(("service_id", "network", "address"), ADDRESSES)
def test_conn_info_is_read_as_protobuf_writes_it(
    service_id: int, network: str, address: str
) -> None:
    generated = ConnInfo(service_id=service_id, network=network, address=address)
    generated.knock.knock = True
    generated.knock.error = "passed over"
    info = wire.read_conn_info(generated.SerializeToString())
    assert info == (service_id, network, address)


@pytest.mark.parametrize(("service_id", "network", "address"), ADDRESSES)
def test_conn_info_is_written_as_protobuf_reads_it(
    service_id: int, network: str, address: str
) -> None:
    generated = ConnInfo.FromString(wire.conn_info(wire.ConnInfo(service_id, network, address)))
    assert generated == ConnInfo(service_id=service_id, network=network, address=address)
    assert not generated.HasField("knock")


def test_a_go_plugins_announcement_is_written_byte_for_byte() -> None:
    info = wire.ConnInfo(1, "unix", "/tmp/plugin820559166")
    assert wire.conn_info(info) == b"\x08\x01\x12\x04unix\x1a\x14/tmp/plugin820559166"


def test_a_number_has_as_many_bits_as_its_field() -> None:
    assert wire.read_conn_info(b"\x08\x81\x80\x80\x80\x10").service_id == 1


def test_a_field_of_another_kind_is_an_unknown_one() -> None:
    assert wire.read_conn_info(b"\x0a\x01a\x10\x01\x1a\x01p") == (0, "", "p")
    assert wire.first_string(b"\x0a\x01a\x08\x05") == "a"


def test_unknown_fields_are_passed_over_and_the_last_value_wins() -> None:
    unknown = b"\x10\x96\x01" + b"\x19" + bytes(8) + b"\x25" + bytes(4) + b"\x2a\x01?"
    assert wire.first_string(b"\x0a\x01a" + unknown + b"\x0a\x01b") == "b"


@pytest.mark.parametrize(
    "message",
    [b"\x0a", b"\x0a\x05ab", b"\x08\x80", b"\x0b", b"\x08" + b"\xff" * 11, b"\x0a\x01\xff"],
    ids=["no length", "cut off", "open number", "group", "long number", "not UTF-8"],
)
def test_what_is_no_message_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError):
        wire.first_string(message)
