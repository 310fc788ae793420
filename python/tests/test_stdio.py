from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plugin_process import PluginProcess, eventually, started

from espalier_plugin.outbox import CAPACITY, CHUNK

STDIO = "/plugin.GRPCStdio/StreamStdio"


def subscribe(plugin: PluginProcess) -> Any:
    return plugin.stream(STDIO)


def read(stream: Iterator[bytes], size: int) -> tuple[dict[int, bytes], list[int]]:
    """What came on each channel until there are ``size`` bytes, and the size of each chunk."""
    read: dict[int, bytes] = {1: b"", 2: b""}
    sizes: list[int] = []
    while sum(sizes) < size:
        data = next(stream)
        channel, payload = data[1], data[4:] if data[3] < 0x80 else data[5:]
        read[channel] += payload
        sizes.append(len(payload))
    return read, sizes


def test_what_is_printed_reaches_the_host_on_its_channel() -> None:
    with started("echo.py") as plugin:
        stream = subscribe(plugin)
        plugin.call("/test.Echo/PrintOut", b"to stdout\n")
        plugin.call("/test.Echo/PrintErr", b"to stderr")
        output, _ = read(stream, 20)
        assert output == {1: b"to stdout\n", 2: b"to stderr\n"}


def test_arbitrary_bytes_come_in_chunks_of_at_most_one_kibibyte() -> None:
    flood = bytes(range(256)) * 2000
    with started("echo.py") as plugin:
        plugin.call("/test.Echo/PrintOut", b"?")
        stream = subscribe(plugin)
        assert read(stream, 1)[0][1] == b"?"
        plugin.call("/test.Echo/PrintOut", flood)
        output, sizes = read(stream, len(flood))
        assert output[1] == flood
        assert max(sizes) == CHUNK


def test_what_was_printed_before_the_subscription_is_not_lost() -> None:
    with started("echo.py") as plugin:
        plugin.call("/test.Echo/PrintOut", b"early")
        output, _ = read(subscribe(plugin), 5)
        assert output[1] == b"early"


def test_a_host_without_the_subscription_finds_it_all_on_the_pipe() -> None:
    flood = b"0123456789abcdef" * 65536
    with started("echo.py") as plugin:
        plugin.call("/test.Echo/PrintOut", flood)
        assert plugin.call("/test.Echo/Echo", b"alive") == b"alive"
        assert plugin.shut_down() == 0
        assert plugin.stdout.whole() == flood


def test_a_second_subscription_goes_on_where_the_first_was_given_up() -> None:
    with started("echo.py") as plugin:
        first = subscribe(plugin)
        plugin.call("/test.Echo/PrintOut", b"one")
        assert read(first, 3)[0][1] == b"one"
        first.cancel()
        second = subscribe(plugin)
        plugin.call("/test.Echo/PrintOut", b"two")
        assert read(second, 3)[0][1] == b"two"


def test_after_a_subscription_was_given_up_a_flood_goes_to_the_pipe() -> None:
    flood = b"0123456789abcdef" * 65536
    with started("echo.py") as plugin:
        plugin.call("/test.Echo/PrintOut", b"?")
        stream = subscribe(plugin)
        assert read(stream, 1)[0][1] == b"?"
        stream.cancel()
        plugin.call("/test.Echo/PrintOut", flood)
        assert plugin.shut_down() == 0
        assert plugin.stdout.whole().endswith(flood[-CAPACITY:])


def test_the_last_words_arrive_before_the_stream_ends() -> None:
    with started("echo.py") as plugin:
        plugin.call("/test.Echo/PrintOut", b"?")
        stream = subscribe(plugin)
        assert read(stream, 1)[0][1] == b"?"
        plugin.call("/test.Echo/PrintOut", b"x" * 100_000)
        assert plugin.shut_down() == 0
        output, _ = read(stream, 100_000)
        assert output[1] == b"x" * 100_000
        assert list(stream) == []


def test_after_serve_print_is_the_processs_own_again() -> None:
    with started("says_goodbye.py") as plugin:
        assert plugin.shut_down() == 0
        assert plugin.stdout.whole() == b"served\n"


def test_what_bypasses_python_still_goes_to_the_pipe() -> None:
    with started("echo.py") as plugin:
        plugin.call("/test.Echo/WriteToDescriptor", b"raw")
        assert eventually(plugin.stdout.so_far) == b"raw"
