"""``grpc.health.v1.Health``: the host's ping."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc

from espalier_plugin import wire
from espalier_plugin.handlers import add_service, stream, unary

_SERVING = frozenset(["", "plugin"])


class Health:
    """Says that the plugin serves, until it is closed."""

    def __init__(self) -> None:
        """Start open."""
        self._changed = threading.Condition()
        self._closed = False

    def add_to(
        self, server: grpc.Server, calls: ThreadPoolExecutor, streams: ThreadPoolExecutor
    ) -> None:
        """Serve it."""
        add_service(
            server,
            "grpc.health.v1.Health",
            {
                "Check": unary(self._check, decode=wire.first_string, pool=calls),
                "Watch": stream(self._watch, decode=wire.first_string, pool=streams),
            },
        )

    def close(self) -> None:
        """End every watch, so that none holds up the server's stop."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _check(self, service: str, context: grpc.ServicerContext) -> bytes:
        if service not in _SERVING:
            context.set_code(grpc.StatusCode.NOT_FOUND)
            context.set_details(f"unknown service {service!r}")
        return wire.health_response(wire.SERVING)

    def _watch(self, service: str, context: grpc.ServicerContext) -> Iterator[bytes]:
        context.add_callback(self._wake)
        yield wire.health_response(wire.SERVING if service in _SERVING else wire.SERVICE_UNKNOWN)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not context.is_active())

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
