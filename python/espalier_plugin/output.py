"""The process's stdout and stderr, which stay real descriptors throughout.

Child processes, native code and sudden ends find what they find in any Python program. What is
written is handed to the kernel before the write returns, and the host reads it from there even if
the process is killed in the next moment.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from espalier_plugin.handshake import StartupError

_STDOUT, _STDERR = 1, 2

# Espalier sets it, and logs what comes on stdout after the line. go-plugin's own host reads that
# too, and throws it away.
_HOST_LOGS_STDOUT = "ESPALIER_TOKEN"


def write_through() -> None:
    """Let nothing that Python writes wait in a buffer of the process."""
    for name in ("stdout", "stderr"):
        own = getattr(sys, f"__{name}__")
        if not isinstance(own, io.TextIOWrapper):
            continue
        unbuffered = _unbuffered(own)
        if getattr(sys, name) is own:
            setattr(sys, name, unbuffered)
        setattr(sys, f"__{name}__", unbuffered)


class Stdout:
    """The descriptor of stdout, which carries the handshake line and nothing before it."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """From here until ``announce``, what is printed to stdout goes to stderr.

        Raises:
            StartupError: The process was started without a stdout.
        """
        # Python leaves these empty for a descriptor that was closed when it started.
        if sys.__stdout__ is None:
            raise StartupError("There is no stdout for the handshake line.")
        self._returned = _HOST_LOGS_STDOUT in env
        self._descriptor = os.dup(_STDOUT)
        if sys.__stderr__ is not None:
            os.dup2(_STDERR, _STDOUT)

    def announce(self, line: str) -> None:
        """Write the handshake line, and give stdout back to a host that logs it.

        For any other host stdout stays where stderr is. The descriptor of the line stays open in
        that case, as its end would be the end of the plugin for the host.

        Raises:
            StartupError: Nothing reads the line.
        """
        try:
            os.write(self._descriptor, os.fsencode(line))
        except ConnectionError as error:
            raise StartupError("The host is gone: nothing reads the plugin's stdout.") from error
        if self._returned:
            os.dup2(self._descriptor, _STDOUT)
            os.close(self._descriptor)


class _Descriptor(io.FileIO):
    """Writes all of it at once. Without a reader it discards, as there is no place left for it."""

    def write(self, data: Any) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        with suppress(ConnectionError):
            while rest:
                written = super().write(rest)
                if written is None:
                    self._wait_for_room()
                rest = rest[written or 0 :]
        return size

    def _wait_for_room(self) -> None:
        # A child process that inherited the pipe may have made it non-blocking for all who have it.
        import select

        select.select([], [self.fileno()], [])


def _unbuffered(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    # For what holds the old stream, such as a logging handler.
    stream.reconfigure(line_buffering=True)
    stream.flush()
    return io.TextIOWrapper(
        _Descriptor(stream.fileno(), "w", closefd=False),
        encoding="utf-8",
        errors="backslashreplace",
        newline="\n",
        write_through=True,
    )
