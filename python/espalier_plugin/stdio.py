"""``plugin.GRPCStdio``, which stays silent: the plugin's output is on its own stdout and stderr.

A stream through this process would lose what is still on its way when the process is killed, and
would not see what child processes and native code write. It is served because go-plugin's host
opens it at every start and warns where it is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc

from espalier_plugin.handlers import add_service, stream
from espalier_plugin.open_calls import OpenCalls


def add_stdio(server: grpc.Server, streams: ThreadPoolExecutor, open_calls: OpenCalls) -> None:
    """Serve a stream without a message, open until the plugin stops."""

    def stream_stdio(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        open_calls.hold(context)
        return iter(())

    methods = {"StreamStdio": stream(stream_stdio, pool=streams)}
    add_service(server, "plugin.GRPCStdio", methods)
