from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from plugin_process import (
    COOKIE,
    LOGS_STDOUT,
    PLUGINS,
    TIMEOUT,
    Collected,
    clean_environment,
    eventually,
    spawn,
    started,
    target,
    unary,
)

HOST = Path(__file__).parent / "waits_to_be_killed.py"


def test_shutdown_ends_it_with_code_zero_and_without_a_socket(socket_dir: Path) -> None:
    with started("echo.py", {"PLUGIN_UNIX_SOCKET_DIR": str(socket_dir)}) as plugin:
        assert len(list(socket_dir.iterdir())) == 1
        assert plugin.shut_down() == 0
        assert list(socket_dir.iterdir()) == []


def test_sigterm_ends_it_the_same_way(socket_dir: Path) -> None:
    with started(
        "says_goodbye.py", {**LOGS_STDOUT, "PLUGIN_UNIX_SOCKET_DIR": str(socket_dir)}
    ) as plugin:
        assert len(list(socket_dir.iterdir())) == 1
        plugin.process.send_signal(signal.SIGTERM)
        assert plugin.process.wait(TIMEOUT) == 0
        assert list(socket_dir.iterdir()) == []
        assert plugin.stdout.whole() == b"served\n"
        assert plugin.stderr.whole() == b""


def test_sigterm_ends_it_whichever_thread_gets_it() -> None:
    with started("ends.py") as plugin:
        plugin.call("/test.Ends/terminate_another_thread")
        assert plugin.process.wait(TIMEOUT) == 0


def test_sigint_is_ignored() -> None:
    with started("echo.py") as plugin:
        plugin.process.send_signal(signal.SIGINT)
        assert plugin.call("/test.Echo/Echo", b"alive") == b"alive"
        assert plugin.shut_down() == 0


def test_a_running_call_may_finish() -> None:
    with started("echo.py") as plugin:
        call = plugin.stream("/test.Echo/FinishInAMoment")
        assert next(call) == b"begun"
        assert plugin.shut_down() == 0
        assert list(call) == [b"finished"]


def test_a_call_without_end_is_cut_off_after_the_grace() -> None:
    with started("echo.py") as plugin:
        call = plugin.stream("/test.Echo/Hold")
        assert next(call) == b"begun"
        assert plugin.shut_down() == 0
        with pytest.raises(grpc.RpcError):
            next(call)


def test_a_second_sigterm_ends_a_plugin_that_hangs_after_serving() -> None:
    with started("never_ends.py") as plugin:
        address = Path(plugin.address)
        plugin.process.send_signal(signal.SIGTERM)
        eventually(lambda: not address.exists())

        def is_gone() -> bool:
            plugin.process.send_signal(signal.SIGTERM)
            return plugin.process.poll() is not None

        eventually(is_gone)
        assert plugin.process.returncode == -signal.SIGTERM


def test_it_does_not_wait_for_a_reader_that_is_gone_before_the_line(socket_dir: Path) -> None:
    process = spawn("echo.py", {**COOKIE, "PLUGIN_UNIX_SOCKET_DIR": str(socket_dir)})
    assert process.stdout and process.stderr
    process.stdout.close()
    with process:
        stderr = Collected(process.stderr).whole()
        assert process.wait(TIMEOUT) == 1
    assert b"The host is gone" in stderr
    assert list(socket_dir.iterdir()) == []


@contextmanager
def orphaned(plugin: str, socket_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, str]]:
    """A plugin whose host was killed. Its stderr is the plugin's too, and closes with both."""
    host = subprocess.Popen(
        [sys.executable, str(HOST), str(PLUGINS / plugin)],
        env=clean_environment({**COOKIE, "PLUGIN_UNIX_SOCKET_DIR": str(socket_dir)}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert host.stdout
    with host:
        pid, _, _, network, address, *_ = host.stdout.readline().decode().split("|")
        host.kill()
        host.wait(TIMEOUT)
        yield host, int(pid), target(network, address)


@pytest.mark.parametrize("plugin", ["echo.py", "serves_from_the_start.py"])
def test_it_ends_when_its_host_was_killed(plugin: str, socket_dir: Path) -> None:
    with orphaned(plugin, socket_dir) as (host, _pid, _target):
        assert host.stderr and Collected(host.stderr).whole() == b""
        assert list(socket_dir.iterdir()) == []


def test_it_ends_without_its_host_even_if_a_thread_never_does(socket_dir: Path) -> None:
    with orphaned("never_ends.py", socket_dir) as (host, _pid, _target):
        assert host.stderr and Collected(host.stderr).whole() == b""


def test_it_stays_without_its_host_if_told_to(socket_dir: Path) -> None:
    with orphaned("stays.py", socket_dir) as (host, pid, address):
        try:
            with grpc.insecure_channel(address) as channel:
                assert unary(channel, "/test.Echo/Echo", b"alive") == b"alive"
        finally:
            os.kill(pid, signal.SIGTERM)
        assert host.stderr and Collected(host.stderr).whole() == b""
