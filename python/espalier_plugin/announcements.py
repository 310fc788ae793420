"""Where the host serves its ids, as it has told."""

from __future__ import annotations

import threading
import time
from typing import Callable

from espalier_plugin.errors import BrokerError, BrokerTimeoutError
from espalier_plugin.wire import ConnInfo

PATIENCE = 5.0


class Announcements:
    """The host's announcements, each of them good for one connection and for five seconds."""

    def __init__(
        self, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start without any."""
        self._patience = patience
        self._clock = clock
        self._changed = threading.Condition()
        self._known: dict[int, tuple[float, ConnInfo]] = {}
        self._closed = False

    def put(self, info: ConnInfo) -> None:
        """Keep an announcement, unless there is one for the same id already."""
        with self._changed:
            self._forget_old()
            self._known.setdefault(info.service_id, (self._clock(), info))
            self._changed.notify_all()

    def take(self, service_id: int) -> ConnInfo:
        """The announcement of an id, which may still be on its way.

        Raises:
            BrokerTimeoutError: It did not come.
            BrokerError: The plugin stops.
        """
        deadline = self._clock() + self._patience
        with self._changed:
            while True:
                self._forget_old()
                if service_id in self._known:
                    return self._known.pop(service_id)[1]
                remaining = deadline - self._clock()
                if self._closed:
                    raise BrokerError(f"Cannot dial id {service_id}: the plugin stops.")
                if remaining <= 0:
                    raise BrokerTimeoutError(
                        f"The host did not say within {self._patience:g} s where it serves "
                        f"id {service_id}. An announcement is good for one dial, and for as long."
                    )
                self._changed.wait(remaining)

    def close(self) -> None:
        """Nothing more will come: let nobody wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _forget_old(self) -> None:
        oldest = self._clock() - self._patience
        for service_id, (arrived, _) in list(self._known.items()):
            if arrived <= oldest:
                del self._known[service_id]
