"""The gRPC server, with the services that every plugin has."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import grpc

from espalier_plugin.controller import add_controller
from espalier_plugin.health import Health
from espalier_plugin.hooks import Hooks, add_hooks
from espalier_plugin.stdio import Stdio

_OPTIONS = {
    # Linux lets two servers share a port and gRPC asks for it, so that two plugins could come to.
    "grpc.so_reuseport": 0,
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
}

# Threads come into being when they are needed: these are limits, not costs.
_PROTOCOL_CALLS = 2
_PROTOCOL_STREAMS = 16


class PluginServer:
    """A gRPC server whose health, control and stdio never wait for the plugin's own calls."""

    def __init__(
        self,
        *,
        max_workers: int,
        options: Sequence[tuple[str, Any]],
        hooks: Hooks,
        stop: Callable[[], None],
    ) -> None:
        """Assemble it; ``stop`` is called when the host asks for the end."""
        calls = ThreadPoolExecutor(_PROTOCOL_CALLS, "espalier-protocol")
        streams = ThreadPoolExecutor(_PROTOCOL_STREAMS, "espalier-stream")
        self.grpc = grpc.server(
            ThreadPoolExecutor(max_workers, "plugin"),
            options=list({**_OPTIONS, **dict(options)}.items()),
        )
        self.stdio = Stdio()
        self._health = Health()
        self._health.add_to(self.grpc, calls, streams)
        self.stdio.add_to(self.grpc, streams)
        add_controller(self.grpc, calls, stop)
        add_hooks(self.grpc, calls, hooks)

    def stop(self, grace: float) -> None:
        """End the protocol's streams at once, and running calls after ``grace`` seconds."""
        self._health.close()
        self.stdio.release()
        self.grpc.stop(grace).wait(grace + 1)
