"""What was printed, waiting for the host to take it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Callable

from espalier_plugin import wire

CHUNK = 1024
CAPACITY = 256 * 1024


class Outbox:
    """Printed bytes on their way to the host, at most ``capacity`` of them.

    When it is full, a writer waits for the subscriber. Without one the oldest bytes go to
    ``spill``: a host need not subscribe, and neither may the plugin stop in a ``print`` nor its
    words be lost.
    """

    def __init__(self, spill: Callable[[int, bytes], None], capacity: int = CAPACITY) -> None:
        """Start empty."""
        self._spill = spill
        self._capacity = capacity
        self._changed = threading.Condition()
        self._chunks: deque[tuple[int, bytes]] = deque()
        self._size = 0
        self._subscriber: object = None
        self._closed = False

    def write(self, channel: int, data: bytes) -> None:
        """Take printed bytes of ``wire.STDOUT`` or ``wire.STDERR``."""
        for start in range(0, len(data), CHUNK):
            self._put(channel, data[start : start + CHUNK])

    def messages(self, is_wanted: Callable[[], bool]) -> Iterator[bytes]:
        """Everything written so far and from now on, as ``StdioData``.

        The newest subscriber gets it all: an older one belongs to a connection that was lost.
        """
        with self._changed:
            me = self._subscriber = object()
            self._changed.notify_all()
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(
                        lambda: self._chunks or self._closed or not self._is_mine(me, is_wanted)
                    )
                    if not self._chunks or not self._is_mine(me, is_wanted):
                        return
                    channel, data = self._take()
                yield wire.stdio_data(channel, data)
        finally:
            with self._changed:
                if self._subscriber is me:
                    self._subscriber = None
                self._spill_rest()
                self._changed.notify_all()

    def close(self) -> None:
        """Let the subscriber take the rest and end; what is written later is spilled."""
        with self._changed:
            self._closed = True
            self._spill_rest()
            self._changed.notify_all()

    def _put(self, channel: int, data: bytes) -> None:
        with self._changed:
            while not self._closed and self._size + len(data) > self._capacity:
                if self._subscriber is None:
                    self._spill(*self._take())
                else:
                    self._changed.wait()
            if self._closed:
                self._spill(channel, data)
                return
            self._append(channel, data)
            self._changed.notify_all()

    def _append(self, channel: int, data: bytes) -> None:
        """Join small writes: one ``print`` writes its text and its newline apart."""
        if self._chunks:
            last_channel, last = self._chunks[-1]
            if last_channel == channel and len(last) + len(data) <= CHUNK:
                self._chunks[-1] = (channel, last + data)
                self._size += len(data)
                return
        self._chunks.append((channel, data))
        self._size += len(data)

    def _spill_rest(self) -> None:
        while self._closed and self._subscriber is None and self._chunks:
            self._spill(*self._take())

    def _take(self) -> tuple[int, bytes]:
        channel, data = self._chunks.popleft()
        self._size -= len(data)
        self._changed.notify_all()
        return channel, data

    def _is_mine(self, me: object, is_wanted: Callable[[], bool]) -> bool:
        return self._subscriber is me and is_wanted()
