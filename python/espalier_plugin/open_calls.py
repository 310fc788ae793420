"""Calls that stay open for as long as the plugin serves."""

from __future__ import annotations

import threading

import grpc


class OpenCalls:
    """Streams that have nothing more to say, and end with the plugin or when the host cancels."""

    def __init__(self) -> None:
        """Start with none."""
        self._changed = threading.Condition()
        self._closed = False

    def hold(self, context: grpc.ServicerContext) -> None:
        """Return when the call is over, or the plugin stops."""
        context.add_callback(self._notify)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not context.is_active())

    def close(self) -> None:
        """End all of them, so that none delays the server's stop."""
        self._closed = True
        self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()
