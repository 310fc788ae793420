"""What makes ``fork`` safe in a process that serves gRPC."""

from __future__ import annotations

import os
import sys
from concurrent.futures import thread
from typing import Any

_SWITCH = "GRPC_ENABLE_FORK_SUPPORT"


def import_grpc() -> None:
    """Import grpc without its handlers around ``fork``, unless the environment asks for them.

    They are for clients that are idle while they fork. In a server they are skipped with a message
    for each fork, and some of the children crash in them (seen with grpcio 1.85). grpc reads the
    variable once, when it is imported, so this has an effect only if it comes first.
    """
    if _SWITCH in os.environ or "grpc" in sys.modules:
        return
    os.environ[_SWITCH] = "0"
    try:
        import grpc  # noqa: F401
    finally:
        # Not for the programs that the plugin starts.
        del os.environ[_SWITCH]


def forget_threads_in_children() -> None:
    """Let a forked child not wait for this process's threads at its end.

    A child that is forked in a gRPC call would join itself, as its one thread is still listed as
    a thread of the pool: it ends with exit code 1 after it has done its work.
    """
    queues: Any = getattr(thread, "_threads_queues", None)
    if queues is not None and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=queues.clear)


import_grpc()
