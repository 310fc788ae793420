"""The host, as the plugin's services see it."""

from __future__ import annotations

import itertools

import grpc

from espalier_plugin.broker import Broker
from espalier_plugin.connections import BrokeredServer, Connections
from espalier_plugin.errors import BrokerError
from espalier_plugin.handshake import Address
from espalier_plugin.register import Register, add_services
from espalier_plugin.wire import ConnInfo

_IDS = 2**32


class Host:
    """Further connections between plugin and host, in both directions.

    The two sides tell each other an id in a message of their own, and the broker finds the address
    for it. All of it may be called from any thread.
    """

    def __init__(self, broker: Broker, connections: Connections, max_workers: int) -> None:
        """``serve`` makes it."""
        self._broker = broker
        self._connections = connections
        self._max_workers = max_workers
        self._ids = itertools.count(1)

    def next_id(self) -> int:
        """An id that this plugin has not used yet. The host counts its own apart from it."""
        return next(self._ids) % _IDS

    def dial(self, service_id: int) -> grpc.Channel:
        """A channel to what the host serves under an id that it told you.

        An announcement is good for one channel: keep it, and close it when you are done. What you
        leave open is closed when the plugin ends.

        Raises:
            BrokerTimeoutError: The host has not announced the id within five seconds.
            BrokerError: The plugin stops, or the host serves where gRPC cannot go.
        """
        _check(service_id)
        info = self._broker.announced_by_host.take(service_id)
        if info.network not in ("unix", "tcp"):
            raise BrokerError(f"The host serves id {service_id} on a network {info.network!r}.")
        return self._connections.dial(Address(info.network, info.address))

    def accept_and_serve(
        self, service_id: int, register: Register, *, max_workers: int | None = None
    ) -> BrokeredServer:
        """Serve under an id of ``next_id``, and announce it. Tell the host the id after that.

        It is a server of its own, with its own threads, until you stop it or the plugin ends.

        Raises:
            BrokerError: There is no address to serve on, or the plugin stops.
        """
        _check(service_id)
        server = self._connections.serve(
            lambda server: add_services(register, server, self),
            self._max_workers if max_workers is None else max_workers,
        )
        self._broker.announce(ConnInfo(service_id, server.address.network, server.address.text))
        return server


def _check(service_id: int) -> None:
    if not 0 <= service_id < _IDS:
        raise ValueError(f"an id has 32 bits: {service_id}")
