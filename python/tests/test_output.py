"""What a plugin writes is on the host's pipes when the write returns, however the plugin ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import grpc
import pytest
from plugin_process import (
    COOKIE,
    LOGS_STDOUT,
    TIMEOUT,
    PluginProcess,
    eventually,
    run,
    spawn,
    started,
)

SAID = b"said, written, as bytes, past Python\n"
EARLY = b"at import\nin register\n"


@pytest.fixture
def plugin() -> Iterator[PluginProcess]:
    """With a host that logs stdout after the line, as Espalier does."""
    with started("ends.py", LOGS_STDOUT) as running:
        yield running


def call(plugin: PluginProcess, name: str) -> bytes:
    return plugin.call(f"/test.Ends/{name}")


def ends_in(plugin: PluginProcess, name: str) -> int:
    with pytest.raises(grpc.RpcError):
        call(plugin, name)
    return plugin.process.wait(TIMEOUT)


def test_stdout_and_stderr_are_descriptors_one_and_two(plugin: PluginProcess) -> None:
    assert call(plugin, "filenos") == b"1 2 False"


def test_before_the_line_what_is_printed_goes_to_stderr(plugin: PluginProcess) -> None:
    assert plugin.line.startswith("1|1|unix|")
    assert plugin.shut_down() == 0
    assert plugin.stderr.whole() == EARLY


@pytest.mark.parametrize(
    ("end", "code"), [("exit_with_a_trace", 3), ("crash", -11), ("be_killed", -9)]
)
def test_nothing_that_was_written_is_lost_in_a_sudden_end(
    plugin: PluginProcess, end: str, code: int
) -> None:
    call(plugin, "say")
    assert ends_in(plugin, end) == code
    assert plugin.stdout.whole() == SAID
    assert plugin.stderr.whole().startswith(EARLY + b"half a line")


def test_the_trace_before_a_sudden_exit_arrives(plugin: PluginProcess) -> None:
    assert ends_in(plugin, "exit_with_a_trace") == 3
    trace = plugin.stderr.whole()
    assert b"Traceback (most recent call last):" in trace
    assert trace.endswith(b"KeyError: 'milk'\n")


def test_faulthandler_tells_where_native_code_crashed(plugin: PluginProcess) -> None:
    assert ends_in(plugin, "crash") == -signal.SIGSEGV
    trace = plugin.stderr.whole()
    assert b"Fatal Python error: Segmentation fault" in trace
    assert b"ends.py" in trace and b"in crash" in trace


def test_all_is_there_after_an_orderly_end_too(plugin: PluginProcess) -> None:
    call(plugin, "say")
    call(plugin, "flood")
    assert plugin.shut_down() == 0
    assert plugin.stdout.whole() == SAID + b"x" * 1_000_000 + b"\nafter serving\n"
    assert plugin.stderr.whole() == EARLY + b"half a line"


def test_a_child_that_made_the_pipe_non_blocking_loses_nothing(plugin: PluginProcess) -> None:
    call(plugin, "print_past_a_non_blocking_pipe")
    assert plugin.shut_down() == 0
    assert plugin.stdout.whole() == b"x" * 1_000_000 + b"\nafter serving\n"


def test_for_a_host_that_throws_stdout_away_all_is_on_stderr() -> None:
    with started("ends.py") as plugin:
        call(plugin, "say")
        assert ends_in(plugin, "exit_with_a_trace") == 3
        assert plugin.stdout.whole() == b""
        said = plugin.stderr.whole()
        assert said.startswith(EARLY + SAID + b"half a line")
        assert said.endswith(b"KeyError: 'milk'\n")


def test_such_a_host_sees_no_end_of_stdout_before_the_plugins_own() -> None:
    with started("ends.py") as plugin:
        call(plugin, "filenos")
        assert plugin.stdout.is_open()
        plugin.process.send_signal(signal.SIGTERM)
        assert plugin.process.wait(TIMEOUT) == 0
        assert plugin.stdout.whole() == b""
        assert plugin.stderr.whole() == EARLY + b"after serving\n"


@pytest.mark.parametrize("pipe", ["stdout", "stderr"])
def test_a_print_does_not_fail_when_the_host_has_closed_its_pipe(pipe: str) -> None:
    process = spawn("ends.py", {**COOKIE, **LOGS_STDOUT})
    assert process.stdout and process.stderr
    with process:
        process.stdout.readline()
        getattr(process, pipe).close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT) == 0


def test_a_host_that_reads_slowly_holds_up_the_print_and_loses_nothing() -> None:
    with started("ends.py", LOGS_STDOUT) as plugin:
        plugin.stdout.pause()
        flood: grpc.UnaryUnaryMultiCallable[bytes, bytes]
        flood = plugin.channel.unary_unary("/test.Ends/flood")
        answer = flood.future(b"", timeout=TIMEOUT)
        assert call(plugin, "filenos") == b"1 2 False"
        assert not answer.done()
        plugin.stdout.resume()
        assert answer.result() == b""
        eventually(lambda: plugin.stdout.so_far() == b"x" * 1_000_000 + b"\n")


def test_without_a_stdout_it_says_so() -> None:
    result = run("without_stdout.py", COOKIE)
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr == b"There is no stdout for the handshake line.\n"


def test_the_stdio_stream_is_silent_and_ends_with_the_plugin() -> None:
    with started("ends.py", LOGS_STDOUT) as plugin:
        stream = plugin.stream("/plugin.GRPCStdio/StreamStdio")
        call(plugin, "say")
        eventually(lambda: plugin.stdout.so_far() == SAID)
        assert plugin.shut_down() == 0
        assert list(stream) == []
        assert stream.code() is grpc.StatusCode.OK


def test_stdio_streams_that_were_given_up_free_their_threads() -> None:
    with started("ends.py") as plugin:
        for _ in range(40):
            plugin.stream("/plugin.GRPCStdio/StreamStdio").cancel()
        last = plugin.stream("/plugin.GRPCStdio/StreamStdio")
        assert plugin.shut_down() == 0
        assert list(last) == []
