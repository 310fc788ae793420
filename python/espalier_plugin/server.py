"""The gRPC server, with the services that every plugin has."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

from espalier_plugin.broker import Broker
from espalier_plugin.connections import Connections
from espalier_plugin.controller import add_controller
from espalier_plugin.endpoint import Endpoint
from espalier_plugin.handshake import Address
from espalier_plugin.health import add_health
from espalier_plugin.hooks import Hooks, add_hooks
from espalier_plugin.host import Host
from espalier_plugin.listener import remove_socket
from espalier_plugin.open_calls import OpenCalls
from espalier_plugin.stdio import add_stdio

# Threads come into being when they are needed: these are limits, not costs.
_PROTOCOL_CALLS = 2
_PROTOCOL_STREAMS = 16


class PluginServer:
    """A gRPC server whose health, control, stdio and broker never wait for the plugin's calls."""

    def __init__(
        self, endpoint: Endpoint, *, max_workers: int, hooks: Hooks, stop: Callable[[], None]
    ) -> None:
        """Assemble it; ``stop`` is called when the host asks for the end."""
        calls = ThreadPoolExecutor(_PROTOCOL_CALLS, "espalier-protocol")
        streams = ThreadPoolExecutor(_PROTOCOL_STREAMS, "espalier-stream")
        self.grpc = endpoint.server(ThreadPoolExecutor(max_workers, "plugin"))
        self._endpoint = endpoint
        self._address: Address | None = None
        self._open_calls = OpenCalls()
        self._broker = Broker()
        self._connections = Connections(endpoint)
        self.host = Host(self._broker, self._connections, max_workers)
        add_health(self.grpc, calls, streams, self._open_calls)
        add_stdio(self.grpc, streams, self._open_calls)
        self._broker.add_to(self.grpc)
        add_controller(self.grpc, calls, stop)
        add_hooks(self.grpc, calls, hooks)

    def listen(self) -> Address:
        """Bind it to a new address.

        Raises:
            StartupError: No address could be bound.
        """
        self._address = self._endpoint.listen(self.grpc)
        return self._address

    def stop(self, grace: float) -> None:
        """End the protocol's streams at once, and running calls after ``grace`` seconds."""
        deadline = time.monotonic() + grace
        self._open_calls.close()
        self._broker.close()
        self.grpc.stop(grace).wait(grace + 1)
        if self._address:
            remove_socket(self._address)
        # Only now: a call that may still finish may need what it opened.
        self._connections.close(max(0.0, deadline - time.monotonic()))
