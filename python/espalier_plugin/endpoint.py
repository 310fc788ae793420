"""How the plugin's connections are made: the main one, and every brokered one the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import grpc

from espalier_plugin.handshake import Address
from espalier_plugin.listener import grpc_target, listen
from espalier_plugin.tls import NAME, Tls

_SIZES = {"grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1}

# Linux lets two servers share a port and gRPC asks for it, so that two plugins could come to.
_SERVER_OPTIONS = {**_SIZES, "grpc.so_reuseport": 0}

# Without a name, gRPC sends the socket's path as the authority, which not every server takes. A
# proxy for the way to the internet has no business between a host and its plugin.
_CHANNEL_OPTIONS = {**_SIZES, "grpc.default_authority": NAME, "grpc.enable_http_proxy": 0}


class Endpoint(NamedTuple):
    """What is the same for all connections of one plugin."""

    env: Mapping[str, str]
    transport: str | None = None
    options: Sequence[tuple[str, Any]] = ()
    tls: Tls | None = None

    def server(self, workers: ThreadPoolExecutor) -> grpc.Server:
        """A server that runs its calls on ``workers``."""
        return grpc.server(workers, options=self._options(_SERVER_OPTIONS))

    def listen(self, server: grpc.Server) -> Address:
        """Bind a server to a new address.

        Raises:
            StartupError: No address could be bound.
        """
        credentials = self.tls.for_servers if self.tls else None
        return listen(server, self.env, self.transport, credentials)

    def channel(self, address: Address) -> grpc.Channel:
        """A channel to where the host serves."""
        target, options = grpc_target(address), self._options(_CHANNEL_OPTIONS)
        if self.tls is None:
            return grpc.insecure_channel(target, options)
        options.append(("grpc.ssl_target_name_override", NAME))
        return grpc.secure_channel(target, self.tls.for_channels, options)

    def _options(self, defaults: Mapping[str, Any]) -> list[tuple[str, Any]]:
        return list({**defaults, **dict(self.options)}.items())
