from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest
from certificates import Identity, make_identity
from host_broker import brokered, host_service
from plugin_process import (
    COOKIE,
    NAMED,
    TIMEOUT,
    PluginProcess,
    eventually,
    run,
    started,
    target,
    unary,
)

ECHO = "/test.Echo/Echo"


@pytest.fixture(params=["in the clear", "mutual TLS"])
def host(request: pytest.FixtureRequest) -> Identity | None:
    return make_identity() if request.param == "mutual TLS" else None


@pytest.fixture
def sockets(socket_dir: Path) -> dict[str, str]:
    return {"PLUGIN_UNIX_SOCKET_DIR": str(socket_dir)}


def credentials(plugin: PluginProcess, host: Identity | None) -> grpc.ServerCredentials | None:
    return host.server_credentials(plugin.certificate) if host and plugin.certificate else None


def later(plugin: PluginProcess, method: str, request: bytes) -> Any:
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = plugin.channel.unary_unary(method)
    return call.future(request, timeout=TIMEOUT)


def answer(request: bytes) -> bytes:
    return b"hello " + request


def test_the_plugin_calls_the_host(host: Identity | None) -> None:
    with (
        started("brokers.py", host=host) as plugin,
        brokered(plugin) as broker,
        host_service(answer, credentials(plugin, host)) as address,
    ):
        broker.announce(5, "unix", address)
        assert plugin.call("/test.Broker/AskHost", b"5") == b"hello from the plugin"


def test_the_host_calls_what_the_plugin_serves_beside(
    host: Identity | None, socket_dir: Path, sockets: dict[str, str]
) -> None:
    with started("brokers.py", sockets, host) as plugin, brokered(plugin) as broker:
        service_id = int(plugin.call("/test.Broker/OpenEcho"))
        network, address = broker.address_of(service_id)
        assert (network, Path(address).parent) == ("unix", socket_dir)
        assert address != plugin.address
        with broker.dialed(service_id) as channel, broker.dialed(service_id) as second:
            assert unary(channel, ECHO, b"hello") == b"hello"
            assert unary(second, ECHO, b"again") == b"again"


def test_both_sides_may_use_the_same_id(host: Identity | None) -> None:
    with (
        started("brokers.py", host=host) as plugin,
        brokered(plugin) as broker,
        host_service(answer, credentials(plugin, host)) as address,
    ):
        broker.announce(1, "unix", address)
        assert plugin.call("/test.Broker/OpenEcho") == b"1"
        assert plugin.call("/test.Broker/AskHost", b"1") == b"hello from the plugin"
        with broker.dialed(1) as channel:
            assert unary(channel, ECHO, b"hello") == b"hello"


def test_both_directions_work_on_ports(host: Identity | None) -> None:
    with started("brokers_on_tcp.py", host=host) as plugin, brokered(plugin) as broker:
        service_id = int(plugin.call("/test.Broker/OpenEcho"))
        assert broker.address_of(service_id)[0] == "tcp"
        with broker.dialed(service_id) as channel:
            assert unary(channel, ECHO, b"hello") == b"hello"


def test_a_dial_waits_for_its_announcement() -> None:
    with (
        started("brokers.py") as plugin,
        brokered(plugin) as broker,
        host_service(answer) as address,
    ):
        reasons = plugin.stream("/test.Broker/WhyNot", b"6")
        assert next(reasons) == b"begun"
        broker.announce(6, "unix", address)
        assert list(reasons) == []


def test_an_id_that_is_never_announced_is_a_timeout_in_the_plugin() -> None:
    with started("brokers.py") as plugin, brokered(plugin):
        _, reason = plugin.stream("/test.Broker/WhyNot", b"77")
        assert reason.startswith(b"BrokerTimeoutError: ")
        assert b"id 77" in reason


def test_a_network_that_grpc_does_not_know_is_told() -> None:
    with started("brokers.py") as plugin, brokered(plugin) as broker:
        broker.announce(8, "pigeon", "roof")
        _, reason = plugin.stream("/test.Broker/WhyNot", b"8")
        assert reason.startswith(b"BrokerError: ") and b"'pigeon'" in reason


@pytest.mark.parametrize("service_id", [b"-1", b"4294967296"])
def test_an_id_has_32_bits(service_id: bytes) -> None:
    with started("brokers.py") as plugin:
        with pytest.raises(grpc.RpcError) as error:
            plugin.call("/test.Broker/AskHost", service_id)
        assert "32 bits" in str(error.value.details())


def test_it_trusts_no_other_server_than_the_hosts() -> None:
    host, stranger = make_identity(), make_identity()
    with (
        started("brokers.py", host=host) as plugin,
        brokered(plugin) as broker,
        host_service(answer, credentials(plugin, stranger)) as address,
    ):
        broker.announce(5, "unix", address)
        with pytest.raises(grpc.RpcError) as error:
            plugin.call("/test.Broker/AskHost", b"5")
        assert "UNAVAILABLE" in str(error.value.details())


def test_what_it_serves_beside_is_for_the_host_alone() -> None:
    with started("brokers.py", host=make_identity()) as plugin, brokered(plugin) as broker:
        where = target(*broker.address_of(int(plugin.call("/test.Broker/OpenEcho"))))
        assert plugin.certificate
        stranger = make_identity().channel_credentials(plugin.certificate)
        for channel in (grpc.secure_channel(where, stranger, NAMED), grpc.insecure_channel(where)):
            with channel, pytest.raises(grpc.RpcError) as error:
                unary(channel, ECHO, b"hello")
            assert error.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_connection_that_is_served_no_more_is_gone_with_its_socket(
    socket_dir: Path, sockets: dict[str, str]
) -> None:
    with started("brokers.py", sockets) as plugin, brokered(plugin) as broker:
        service_id = plugin.call("/test.Broker/OpenEcho")
        address = Path(broker.address_of(int(service_id))[1])
        with broker.dialed(int(service_id)) as channel:
            assert unary(channel, ECHO, b"hello") == b"hello"
            plugin.call("/test.Broker/CloseEcho", service_id)
            with pytest.raises(grpc.RpcError):
                unary(channel, ECHO, b"hello")
        assert not address.exists()
        assert list(socket_dir.iterdir()) == [Path(plugin.address)]


def test_served_connections_leave_no_threads_behind(
    socket_dir: Path, sockets: dict[str, str]
) -> None:
    with started("brokers.py", sockets) as plugin:
        plugin.call("/test.Broker/OpenAndClose", b"5")
        before = int(plugin.call("/test.Broker/Threads"))
        plugin.call("/test.Broker/OpenAndClose", b"40")
        eventually(lambda: int(plugin.call("/test.Broker/Threads")) < before + 20)
        assert list(socket_dir.iterdir()) == [Path(plugin.address)]


def shut_down(plugin: PluginProcess) -> None:
    plugin.call("/plugin.GRPCController/Shutdown")


def terminate(plugin: PluginProcess) -> None:
    plugin.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("end", [shut_down, terminate])
def test_at_the_end_every_connection_is_closed_and_every_socket_gone(
    end: Any, host: Identity | None, socket_dir: Path, sockets: dict[str, str]
) -> None:
    with (
        started("brokers.py", sockets, host) as plugin,
        brokered(plugin) as broker,
        host_service(answer, credentials(plugin, host)) as address,
    ):
        for _ in range(3):
            service_id = int(plugin.call("/test.Broker/OpenEcho"))
            with broker.dialed(service_id) as channel:
                assert unary(channel, ECHO, b"hello") == b"hello"
        broker.announce(5, "unix", address)
        assert plugin.call("/test.Broker/AskAndKeep", b"5") == b"hello kept"
        assert len(list(socket_dir.iterdir())) == 4
        end(plugin)
        assert broker.wait_for_end() is grpc.StatusCode.OK
        assert plugin.process.wait(TIMEOUT) == 0
        assert list(socket_dir.iterdir()) == []
        assert plugin.stderr.whole() == b""


def test_the_open_stream_does_not_hold_up_the_end() -> None:
    with started("brokers_patiently.py") as plugin, brokered(plugin) as broker:
        service_id = int(plugin.call("/test.Broker/OpenEcho"))
        with broker.dialed(service_id) as channel:
            assert unary(channel, ECHO, b"hello") == b"hello"
            assert plugin.shut_down() == 0


def test_a_dial_that_waits_does_not_hold_up_the_end() -> None:
    with started("brokers_patiently.py") as plugin, brokered(plugin):
        reasons = plugin.stream("/test.Broker/WhyNot", b"9")
        assert next(reasons) == b"begun"
        shut_down(plugin)
        assert list(reasons) == [b"BrokerError: Cannot dial id 9: the plugin stops."]
        assert plugin.process.wait(TIMEOUT) == 0


def test_a_running_call_may_finish_what_it_asks_the_host() -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def answer_late(request: bytes) -> bytes:
        asked.set()
        may_answer.wait(TIMEOUT)
        return answer(request)

    with (
        started("brokers_patiently.py") as plugin,
        brokered(plugin) as broker,
        host_service(answer_late) as address,
    ):
        broker.announce(5, "unix", address)
        call = later(plugin, "/test.Broker/AskHost", b"5")
        assert asked.wait(TIMEOUT)
        shut_down(plugin)
        broker.wait_for_end()
        may_answer.set()
        assert call.result() == b"hello from the plugin"
        assert plugin.process.wait(TIMEOUT) == 0


def test_a_running_call_of_a_served_connection_may_finish() -> None:
    with started("brokers_patiently.py") as plugin, brokered(plugin) as broker:
        service_id = int(plugin.call("/test.Broker/OpenEcho"))
        with broker.dialed(service_id) as channel:
            finish: Any = channel.unary_stream("/test.Echo/FinishInAMoment")
            call = finish(b"", timeout=TIMEOUT)
            assert next(call) == b"begun"
            shut_down(plugin)
            assert list(call) == [b"finished"]
        assert plugin.process.wait(TIMEOUT) == 0


def test_a_busy_plugin_still_brokers() -> None:
    with (
        started("brokers_patiently.py") as plugin,
        brokered(plugin) as broker,
        host_service(answer) as address,
    ):
        service_id = int(plugin.call("/test.Broker/OpenEcho"))
        asking = plugin.stream("/test.Broker/WhyNot", b"10")
        assert next(asking) == b"begun"
        with broker.dialed(service_id) as channel:
            assert unary(channel, ECHO, b"while the only thread waits") != b""
        broker.announce(10, "unix", address)
        assert list(asking) == []


def test_a_host_that_comes_back_is_told_on_its_new_stream() -> None:
    with started("brokers.py") as plugin, brokered(plugin) as first:
        first.address_of(int(plugin.call("/test.Broker/OpenEcho")))
        with brokered(plugin) as second:
            assert first.wait_for_end() is grpc.StatusCode.OK
            second.address_of(int(plugin.call("/test.Broker/OpenEcho")))
            assert list(first.announced) == [1]
            assert list(second.announced) == [2]


def test_a_stream_that_the_host_ends_is_ended_by_the_plugin() -> None:
    with started("brokers.py") as plugin, brokered(plugin) as broker:
        broker.half_close()
        assert broker.wait_for_end() is grpc.StatusCode.OK


def test_lost_streams_do_not_use_up_the_threads() -> None:
    with started("brokers.py") as plugin:
        for _ in range(20):
            with brokered(plugin) as broker:
                broker.address_of(int(plugin.call("/test.Broker/OpenEcho")))


def test_a_message_that_is_none_ends_the_stream_and_nothing_else() -> None:
    with started("brokers.py") as plugin:
        start: Any = plugin.channel.stream_stream("/plugin.GRPCBroker/StartStream")
        call = start(iter([b"\xff"]), timeout=TIMEOUT)
        with pytest.raises(grpc.RpcError):
            next(call)
        with brokered(plugin) as broker:
            broker.address_of(int(plugin.call("/test.Broker/OpenEcho")))


def test_what_was_served_before_the_stream_came_is_announced_on_it(
    socket_dir: Path, sockets: dict[str, str]
) -> None:
    with started("serves_from_the_start.py", sockets) as plugin, brokered(plugin) as broker:
        with broker.dialed(1) as channel:
            assert unary(channel, ECHO, b"hello") == b"hello"
        assert plugin.shut_down() == 0
        assert list(socket_dir.iterdir()) == []


def test_a_start_that_fails_leaves_no_socket(socket_dir: Path, sockets: dict[str, str]) -> None:
    result = run("serves_and_raises.py", {**COOKIE, **sockets})
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"no such table" in result.stderr
    assert list(socket_dir.iterdir()) == []


def test_an_address_that_cannot_be_is_a_broker_error(
    socket_dir: Path, sockets: dict[str, str]
) -> None:
    with started("brokers.py", sockets) as plugin:
        assert plugin.call(ECHO, b"connect") == b"connect"
        Path(plugin.address).unlink()
        socket_dir.rmdir()
        with pytest.raises(grpc.RpcError) as error:
            plugin.call("/test.Broker/OpenEcho")
        socket_dir.mkdir()
        assert "Cannot listen on the unix socket" in str(error.value.details())
