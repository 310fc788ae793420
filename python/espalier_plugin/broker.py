"""``plugin.GRPCBroker``: either side tells the other where it serves an id.

host.accept_and_serve() → Broker.announce → StartStream → host
host.dial()             ← Announcements   ← StartStream ← host
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc

from espalier_plugin import wire
from espalier_plugin.announcements import Announcements
from espalier_plugin.handlers import add_service, conversation

# A second stream, of a host that comes back, takes the place of the first.
_STREAMS = 2


class Broker:
    """The one stream on which both sides announce.

    The newest stream is the host's: an older one belongs to a connection that was lost. What was
    announced before it came is told on it.
    """

    def __init__(self) -> None:
        """Start without a stream."""
        self.announced_by_host = Announcements()
        self._changed = threading.Condition()
        self._untold: deque[bytes] = deque()
        self._stream: object = None
        self._closed = False

    def add_to(self, server: grpc.Server) -> None:
        """Serve it, on threads of its own: calls wait for what it brings."""
        methods = {
            "StartStream": conversation(
                self._start_stream,
                decode=wire.read_conn_info,
                pool=ThreadPoolExecutor(_STREAMS, "espalier-broker"),
            )
        }
        add_service(server, "plugin.GRPCBroker", methods)

    def announce(self, info: wire.ConnInfo) -> None:
        """Tell the host where we serve an id."""
        message = wire.conn_info(info)
        with self._changed:
            self._untold.append(message)
            self._changed.notify_all()

    def close(self) -> None:
        """End the stream, so that it does not hold up the server's stop."""
        self.announced_by_host.close()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _start_stream(
        self, requests: Iterator[wire.ConnInfo], context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        me = object()
        with self._changed:
            self._stream = me
            self._changed.notify_all()
        context.add_callback(lambda: self._end(me))
        listener = threading.Thread(
            target=self._listen, args=(requests, me), name="espalier-broker-ear", daemon=True
        )
        listener.start()
        return self._tell(me)

    def _tell(self, me: object) -> Iterator[bytes]:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._untold or self._closed or self._stream is not me
                )
                if not self._untold or self._stream is not me:
                    return
                message = self._untold.popleft()
            yield message

    def _listen(self, requests: Iterator[wire.ConnInfo], me: object) -> None:
        # The iterator raises this when the call is over in any other way than by the host's wish.
        with suppress(grpc.RpcError):
            for info in requests:
                self.announced_by_host.put(info)
        self._end(me)

    def _end(self, me: object) -> None:
        with self._changed:
            if self._stream is me:
                self._stream = None
            self._changed.notify_all()
