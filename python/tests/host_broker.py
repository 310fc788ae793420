"""The host's half of the broker, over a real stream."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

import grpc
from conn_info import ConnInfo
from plugin_process import TIMEOUT, PluginProcess, eventually, target

START_STREAM = "/plugin.GRPCBroker/StartStream"


class HostBroker:
    """An open stream, and what came and goes on it."""

    def __init__(self, plugin: PluginProcess) -> None:
        self._plugin = plugin
        self._outgoing: queue.SimpleQueue[Any] = queue.SimpleQueue()
        start: Any = plugin.channel.stream_stream(
            START_STREAM, lambda info: info.SerializeToString(), ConnInfo.FromString
        )
        self.call: Any = start(iter(self._outgoing.get, None))
        self.announced: dict[int, Any] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            for info in self.call:
                self.announced[info.service_id] = info
        except grpc.RpcError:
            pass

    def announce(self, service_id: int, network: str, address: str) -> None:
        self._outgoing.put(ConnInfo(service_id=service_id, network=network, address=address))

    def half_close(self) -> None:
        self._outgoing.put(None)

    def wait_for_end(self) -> grpc.StatusCode:
        self._reader.join(TIMEOUT)
        assert not self._reader.is_alive(), "the stream did not end"
        return self.call.code()  # type: ignore[no-any-return]

    def address_of(self, service_id: int) -> tuple[str, str]:
        info = eventually(lambda: self.announced.get(service_id))
        return info.network, info.address

    @contextmanager
    def dialed(self, service_id: int) -> Iterator[grpc.Channel]:
        """A channel to what the plugin announces under an id."""
        with self._plugin.connect(*self.address_of(service_id)) as channel:
            yield channel


@contextmanager
def brokered(plugin: PluginProcess) -> Iterator[HostBroker]:
    broker = HostBroker(plugin)
    try:
        yield broker
    finally:
        broker.half_close()
        broker.call.cancel()


@contextmanager
def host_service(
    answer: Callable[[bytes], bytes], credentials: grpc.ServerCredentials | None = None
) -> Iterator[str]:
    """The socket of a service ``test.Host`` in this process."""
    server = grpc.server(ThreadPoolExecutor(4))
    ask: Any = grpc.unary_unary_rpc_method_handler(lambda request, _: answer(request))
    handler = grpc.method_handlers_generic_handler("test.Host", {"Ask": ask})
    server.add_generic_rpc_handlers((handler,))
    with tempfile.TemporaryDirectory(prefix="ep-") as directory:
        path = str(Path(directory) / "host")
        if credentials:
            server.add_secure_port(target("unix", path), credentials)
        else:
            server.add_insecure_port(target("unix", path))
        server.start()
        try:
            yield path
        finally:
            server.stop(0).wait(TIMEOUT)
