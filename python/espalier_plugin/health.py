"""``grpc.health.v1.Health``: the host's ping."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc

from espalier_plugin import wire
from espalier_plugin.handlers import add_service, stream, unary
from espalier_plugin.open_calls import OpenCalls

_SERVING = frozenset(["", "plugin"])


def add_health(
    server: grpc.Server,
    calls: ThreadPoolExecutor,
    streams: ThreadPoolExecutor,
    open_calls: OpenCalls,
) -> None:
    """Serve it. The plugin is SERVING from its handshake line until it stops."""

    def watch(service: str, context: grpc.ServicerContext) -> Iterator[bytes]:
        yield wire.health_response(wire.SERVING if service in _SERVING else wire.SERVICE_UNKNOWN)
        open_calls.hold(context)

    methods = {
        "Check": unary(_check, decode=wire.first_string, pool=calls),
        "Watch": stream(watch, decode=wire.first_string, pool=streams),
    }
    add_service(server, "grpc.health.v1.Health", methods)


def _check(service: str, context: grpc.ServicerContext) -> bytes:
    if service not in _SERVING:
        context.set_code(grpc.StatusCode.NOT_FOUND)
        context.set_details(f"unknown service {service!r}")
    return wire.health_response(wire.SERVING)
