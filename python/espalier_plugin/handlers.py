"""Method handlers for services whose messages are written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import grpc

Unary = Callable[[Any, grpc.ServicerContext], bytes]
Stream = Callable[[Any, grpc.ServicerContext], Iterator[bytes]]
Conversation = Callable[[Iterator[Any], grpc.ServicerContext], Iterator[bytes]]
Decode = Callable[[bytes], Any]


def unary(
    behavior: Unary, *, decode: Decode | None = None, pool: ThreadPoolExecutor | None = None
) -> Any:
    """One request, one response. ``pool`` runs it beside the plugin's own calls."""
    return grpc.unary_unary_rpc_method_handler(
        _on_pool(behavior, pool), request_deserializer=decode, response_serializer=None
    )


def stream(
    behavior: Stream, *, decode: Decode | None = None, pool: ThreadPoolExecutor | None = None
) -> Any:
    """One request, many responses. It holds a thread of its pool for as long as it is open."""
    return grpc.unary_stream_rpc_method_handler(
        _on_pool(behavior, pool), request_deserializer=decode, response_serializer=None
    )


def conversation(
    behavior: Conversation, *, decode: Decode | None = None, pool: ThreadPoolExecutor | None = None
) -> Any:
    """Many requests, many responses. It holds a thread of its pool for as long as it is open."""
    return grpc.stream_stream_rpc_method_handler(
        _on_pool(behavior, pool), request_deserializer=decode, response_serializer=None
    )


def add_service(server: grpc.Server, name: str, methods: Mapping[str, Any]) -> None:
    """Add a service by its full name."""
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, dict(methods)),))


def _on_pool(behavior: Callable[..., Any], pool: ThreadPoolExecutor | None) -> Any:
    def on_pool(request: Any, context: grpc.ServicerContext) -> Any:
        return behavior(request, context)

    # grpcio's own health service uses this attribute for the same purpose. A version that does not
    # know it runs the call on the server's pool, which is right as long as that has a free thread.
    if pool is not None:
        on_pool.experimental_thread_pool = pool  # type: ignore[attr-defined]
    return on_pool
