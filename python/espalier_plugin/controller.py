"""``plugin.GRPCController``: the host's polite request to end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Callable

import grpc

from espalier_plugin import wire
from espalier_plugin.handlers import add_service, unary


def add_controller(
    server: grpc.Server, calls: ThreadPoolExecutor, stop: Callable[[], None]
) -> None:
    """Serve ``Shutdown``.

    ``stop`` must only ask: a server that is stopped inside its own handler deadlocks.
    """

    def shutdown(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        stop()
        return wire.EMPTY

    add_service(server, "plugin.GRPCController", {"Shutdown": unary(shutdown, pool=calls)})
