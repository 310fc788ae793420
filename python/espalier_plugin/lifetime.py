"""The ends of the process that do not come as a call: signals, and the death of the host."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Callable

POLL_SECONDS = 1.0


def ignore_interrupts() -> None:
    """Ctrl-C in a terminal reaches the whole process group; the host ends its plugins in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def stopping_on_sigterm(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM calls ``stop``; afterwards it ends the process again, should that hang."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = signal.signal(signal.SIGTERM, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def end_with_host(stop: Callable[[], None], patience: float) -> None:
    """Call ``stop`` when the host is gone, and end the process if that did not within ``patience``.

    A killed host cannot say goodbye, and nothing else would ever end its plugin. The kernel's own
    notice (``PR_SET_PDEATHSIG``) is no help: it comes when the *thread* that started us ends.
    A host that means to take its plugins over after its own death says so in the environment.
    """
    if os.environ.get("ESPALIER_OUTLIVES_HOST") == "1":
        return
    host = os.getppid()

    def watch() -> None:
        while os.getppid() == host:
            time.sleep(POLL_SECONDS)
        stop()
        time.sleep(patience)
        os._exit(1)

    threading.Thread(target=watch, name="espalier-host-watch", daemon=True).start()
