"""The brokered servers and channels of the plugin, until the last of them is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import MutableSet
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Callable, TypeVar
from weakref import WeakSet

import grpc

from espalier_plugin.endpoint import Endpoint
from espalier_plugin.errors import BrokerError
from espalier_plugin.handshake import Address, StartupError
from espalier_plugin.listener import remove_socket

_Open = TypeVar("_Open")


class BrokeredServer:
    """A server beside the main one. It ends with the plugin, or when you stop it.

    In a ``with`` statement it is stopped at the end of the block.
    """

    def __init__(
        self,
        server: grpc.Server,
        workers: ThreadPoolExecutor,
        address: Address,
        forget: Callable[[BrokeredServer], None],
    ) -> None:
        """``Host.accept_and_serve`` makes it, and it serves already."""
        self.address = address
        self._server = server
        self._workers = workers
        self._forget = forget

    def stop(self, grace: float = 0) -> None:
        """End it, its running calls after ``grace`` seconds, and remove its socket.

        Not from inside one of its own calls, which would wait for itself.
        """
        self._server.stop(grace).wait(grace + 1)
        self._workers.shutdown(wait=False)
        remove_socket(self.address)
        self._forget(self)

    def __enter__(self) -> BrokeredServer:
        """Serve already."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


class Connections:
    """Opens brokered connections, and remembers them to close what the plugin leaves open."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Start without any."""
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._closed = False
        # gRPC stops a server that nobody holds, while a channel that nobody holds should close.
        self._servers: set[BrokeredServer] = set()
        self._channels: WeakSet[grpc.Channel] = WeakSet()

    def serve(self, register: Callable[[grpc.Server], None], max_workers: int) -> BrokeredServer:
        """Serve on an address of its own.

        Raises:
            BrokerError: There is no such address, or the plugin stops.
        """
        # Of its own: the main server's threads may all be waiting for what is called here.
        workers = ThreadPoolExecutor(max_workers, "plugin-brokered")
        server = self._endpoint.server(workers)
        register(server)
        try:
            address = self._endpoint.listen(server)
        except StartupError as error:
            raise BrokerError(str(error)) from error
        brokered = BrokeredServer(server, workers, address, self._forget)
        server.start()
        if not self._remember(self._servers, brokered):
            brokered.stop()
            raise BrokerError("Cannot serve another connection: the plugin stops.")
        return brokered

    def dial(self, address: Address) -> grpc.Channel:
        """Connect to where the host serves.

        Raises:
            BrokerError: The plugin stops.
        """
        channel = self._endpoint.channel(address)
        if not self._remember(self._channels, channel):
            channel.close()
            raise BrokerError("Cannot open another connection: the plugin stops.")
        return channel

    def close(self, grace: float) -> None:
        """Close all that is open. Running calls of the servers may finish within ``grace``."""
        with self._lock:
            self._closed = True
            servers, channels = list(self._servers), list(self._channels)
        deadline = time.monotonic() + grace
        for server in servers:
            server.stop(max(0.0, deadline - time.monotonic()))
        for channel in channels:
            channel.close()

    def _remember(self, where: MutableSet[_Open], what: _Open) -> bool:
        with self._lock:
            if not self._closed:
                where.add(what)
            return not self._closed

    def _forget(self, server: BrokeredServer) -> None:
        with self._lock:
            self._servers.discard(server)
