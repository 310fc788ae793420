"""The ends of the process that do not come as a call: signals, and the death of the host."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any, Callable

POLL_SECONDS = 1.0
_TURN_SECONDS = 0.25

_Handler = Callable[[int, "FrameType | None"], None]


def ignore_interrupts() -> None:
    """Ctrl-C in a terminal reaches the whole process group; the host ends its plugins in order.

    A handler without effect is used instead of ``SIG_IGN``, which the plugin's child processes
    would inherit.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        handle(signal.SIGINT, lambda _number, _frame: None)


def handle(number: signal.Signals, handler: _Handler) -> Callable[[], None]:
    """Set the handler of a signal in this process, and not in the processes that it forks.

    Returns a function that sets the one before.
    """
    before = signal.signal(number, handler) or signal.SIG_DFL

    def restore() -> None:
        if signal.getsignal(number) is handler:
            signal.signal(number, before)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=restore)
    return restore


def wait_for_stop(stops: queue.SimpleQueue[str]) -> str:
    """The first reason to stop.

    The wait is taken in short turns: a signal that another thread receives, or that comes in the
    moment before the wait, does not interrupt it, and Python calls the handler only after it.
    """
    while True:
        with suppress(queue.Empty):
            return stops.get(timeout=_TURN_SECONDS)


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


def is_starting_a_child() -> bool:
    """Whether multiprocessing imports the plugin's program to run a function of it.

    That happens in each child process of the start methods ``spawn`` and ``forkserver``. The mark
    has no public name; multiprocessing refuses to start further processes by it.
    """
    processes: Any = sys.modules.get("multiprocessing.process")
    return processes is not None and getattr(processes.current_process(), "_inheriting", False)
