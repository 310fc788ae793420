from __future__ import annotations

import os
import socket
from pathlib import Path

import grpc
import pytest
from plugin_process import COOKIE, run, started


def test_it_prints_one_line_and_answers(socket_dir: Path) -> None:
    env = {"PLUGIN_PROTOCOL_VERSIONS": "1", "PLUGIN_UNIX_SOCKET_DIR": str(socket_dir)}
    with started("echo.py", env) as plugin:
        assert plugin.line == f"1|1|unix|{plugin.address}|grpc|\n"
        assert Path(plugin.address).parent == socket_dir
        assert plugin.call("/test.Echo/Echo", b"hello") == b"hello"
        assert plugin.stdout.so_far() == b""


def test_run_by_hand_it_explains_itself_and_leaves_stdout_alone() -> None:
    result = run("echo.py", {})
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"This program is a plugin" in result.stderr
    assert b"Traceback" not in result.stderr


def test_the_cookie_is_the_applications_choice() -> None:
    assert run("other_cookie.py", COOKIE).returncode == 1
    with started("other_cookie.py", {"OTHER_APPLICATION": "yes"}) as plugin:
        assert plugin.call("/test.Echo/Echo", b"hello") == b"hello"


@pytest.mark.parametrize(
    ("offered", "announced", "answer"),
    [("1", "1", b"one"), ("3,1", "3", b"three"), ("2", "1", b"one"), ("", "1", b"one")],
)
def test_it_serves_the_version_that_it_announces(
    offered: str, announced: str, answer: bytes
) -> None:
    with started("versions_one_and_three.py", {"PLUGIN_PROTOCOL_VERSIONS": offered}) as plugin:
        assert plugin.fields[1] == announced
        assert plugin.call("/test.Version/Say") == answer


@pytest.mark.parametrize(
    ("offered", "served", "missing"),
    [("1", "/test.Old/Say", "/test.New/Say"), ("1,2", "/test.New/Say", "/test.Old/Say")],
)
def test_each_version_has_its_own_services(offered: str, served: str, missing: str) -> None:
    with started("different_services.py", {"PLUGIN_PROTOCOL_VERSIONS": offered}) as plugin:
        assert plugin.call(served) == {"/test.Old/Say": b"old", "/test.New/Say": b"1"}[served]
        with pytest.raises(grpc.RpcError) as refusal:
            plugin.call(missing)
        assert refusal.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_version_that_is_no_number_is_reported() -> None:
    with started("echo.py", {"PLUGIN_PROTOCOL_VERSIONS": "one,1"}) as plugin:
        assert plugin.fields[1] == "1"
        assert plugin.shut_down() == 0
        assert b"'one'" in plugin.stderr.whole()


def test_without_a_directory_the_socket_is_in_the_temporary_one(socket_dir: Path) -> None:
    with started("echo.py", {"TMPDIR": str(socket_dir)}) as plugin:
        assert Path(plugin.address).parent == socket_dir


def test_a_directory_may_have_any_name(socket_dir: Path) -> None:
    odd = socket_dir / "a b%20c#d?é"
    odd.mkdir()
    with started("echo.py", {"PLUGIN_UNIX_SOCKET_DIR": str(odd)}) as plugin:
        assert Path(plugin.address).parent == odd
        assert Path(plugin.address).is_socket()
        assert plugin.call("/test.Echo/Echo", b"hello") == b"hello"


@pytest.mark.parametrize(
    ("directory", "complaint"),
    [("x" * 100, b"at most"), ("a|b", b"cannot carry"), ("missing", b"Cannot listen")],
)
def test_a_socket_that_cannot_be_is_told_before_the_line(
    socket_dir: Path, directory: str, complaint: bytes
) -> None:
    result = run("echo.py", {**COOKIE, "PLUGIN_UNIX_SOCKET_DIR": str(socket_dir / directory)})
    assert (result.returncode, result.stdout) == (1, b"")
    assert complaint in result.stderr
    assert b"Traceback" not in result.stderr


def test_the_socket_is_shared_with_a_group(socket_dir: Path) -> None:
    group = str(os.getgid())
    env = {"PLUGIN_UNIX_SOCKET_DIR": str(socket_dir), "PLUGIN_UNIX_SOCKET_GROUP": group}
    with started("echo.py", env) as plugin:
        status = Path(plugin.address).stat()
        assert (status.st_mode & 0o777, status.st_gid) == (0o660, os.getgid())


def test_an_unknown_group_is_told_and_leaves_no_socket(socket_dir: Path) -> None:
    env = {"PLUGIN_UNIX_SOCKET_DIR": str(socket_dir), "PLUGIN_UNIX_SOCKET_GROUP": "no-such-group"}
    result = run("echo.py", {**COOKIE, **env})
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"no-such-group" in result.stderr
    assert list(socket_dir.iterdir()) == []


def test_a_port_comes_from_the_hosts_range_and_taken_ones_are_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        lowest = taken.getsockname()[1]
        env = {"PLUGIN_MIN_PORT": str(lowest), "PLUGIN_MAX_PORT": str(min(lowest + 500, 65535))}
        with started("on_tcp.py", env) as plugin:
            host, port = plugin.address.split(":")
            assert plugin.fields[2] == "tcp"
            assert host == "127.0.0.1"
            assert lowest < int(port) <= lowest + 500
            assert plugin.call("/test.Echo/Echo", b"hello") == b"hello"
            assert plugin.stderr.so_far() == b""


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="the system cannot share ports")
def test_a_port_is_not_shared_with_another_plugin() -> None:
    with started("on_tcp.py") as plugin, socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with pytest.raises(OSError):
            other.bind(("127.0.0.1", int(plugin.address.split(":")[1])))


def test_without_a_range_the_system_chooses_the_port() -> None:
    with started("on_tcp.py") as plugin:
        assert int(plugin.address.split(":")[1]) > 0
        assert plugin.call("/test.Echo/Echo", b"hello") == b"hello"


@pytest.mark.parametrize(("lowest", "highest"), [("2", "1"), ("x", "9"), ("-5", "9"), ("9", "")])
def test_a_range_that_is_none_is_told(lowest: str, highest: str) -> None:
    result = run("on_tcp.py", {**COOKIE, "PLUGIN_MIN_PORT": lowest, "PLUGIN_MAX_PORT": highest})
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"no range of ports" in result.stderr


def test_a_range_without_a_free_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run("on_tcp.py", {**COOKIE, "PLUGIN_MIN_PORT": port, "PLUGIN_MAX_PORT": port})
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"is taken" in result.stderr


def test_a_message_may_be_larger_than_grpcs_four_mebibytes() -> None:
    with started("echo.py") as plugin:
        plugin.call("/test.Echo/PrintOut", b"x" * 5_000_000)
        assert plugin.call("/test.Echo/Echo", b"alive") == b"alive"


def test_a_fault_in_register_is_a_traceback_and_no_line() -> None:
    result = run("raises_in_register.py", COOKIE)
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"RuntimeError: no such table" in result.stderr
