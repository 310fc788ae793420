"""``plugin.GRPCStdio``: what the plugin prints after the handshake line, brought to the host.

print() → sys.stdout (replaced) → Outbox → StreamStdio → host
                                    └→ the process's own stdout, if nobody subscribes and it is full
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TextIO

import grpc

from espalier_plugin import wire
from espalier_plugin.handlers import add_service, stream
from espalier_plugin.outbox import Outbox


class Stdio:
    """Takes over ``sys.stdout`` and ``sys.stderr`` and serves what is written to them."""

    def __init__(self) -> None:
        """Remember the process's own streams, which stay in use for what cannot be streamed."""
        self._own = {wire.STDOUT: sys.stdout, wire.STDERR: sys.stderr}
        self._outbox = Outbox(self._write_to_own)

    def add_to(self, server: grpc.Server, streams: ThreadPoolExecutor) -> None:
        """Serve it."""

        def stream_stdio(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            return self._outbox.messages(context.is_active)

        methods = {"StreamStdio": stream(stream_stdio, pool=streams)}
        add_service(server, "plugin.GRPCStdio", methods)

    def capture(self) -> None:
        """From now on, ``print`` reaches the host as a stream."""
        sys.stdout = _text_stream(self._outbox, wire.STDOUT)
        sys.stderr = _text_stream(self._outbox, wire.STDERR)

    def release(self) -> None:
        """Give the streams back, and end the host's stream after what was printed."""
        sys.stdout, sys.stderr = self._own[wire.STDOUT], self._own[wire.STDERR]
        self._outbox.close()

    def _write_to_own(self, channel: int, data: bytes) -> None:
        # Nobody is left to read it once the host is gone, and a print must not fail for that.
        with suppress(OSError):
            own = self._own[channel].buffer
            own.write(data)
            own.flush()


class _Writer(io.RawIOBase):
    """The binary end of a replaced stream."""

    def __init__(self, outbox: Outbox, channel: int) -> None:
        self._outbox = outbox
        self._channel = channel

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        copy = bytes(data)
        self._outbox.write(self._channel, copy)
        return len(copy)


def _text_stream(outbox: Outbox, channel: int) -> TextIO:
    return io.TextIOWrapper(
        _Writer(outbox, channel),  # type: ignore[type-var]
        encoding="utf-8",
        errors="backslashreplace",
        newline="\n",
        write_through=True,
    )
