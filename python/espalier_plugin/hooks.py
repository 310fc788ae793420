"""``espalier.v1.PluginHooks``: what the plugin wants to do at the turning points of its life."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, NamedTuple

import grpc

from espalier_plugin import wire
from espalier_plugin.handlers import add_service, unary

_logger = logging.getLogger(__name__)

# A status travels in HTTP/2 trailers, which gRPC limits to 8 KiB.
_LONGEST_DETAILS = 1000


class Hooks(NamedTuple):
    """The plugin's functions; ``None`` where it has none."""

    on_activate: Callable[[], None] | None = None
    on_deactivate: Callable[[], None] | None = None
    on_configuration_change: Callable[[Any], None] | None = None


def add_hooks(server: grpc.Server, calls: ThreadPoolExecutor, hooks: Hooks) -> None:
    """Serve the given hooks. Without any, there is no such service, as with any other plugin.

    They run on the server's own threads: what they do is the plugin's work.
    """
    behaviors = {
        "OnActivate": hooks.on_activate and _without_request(hooks.on_activate),
        "OnDeactivate": hooks.on_deactivate and _without_request(hooks.on_deactivate),
        "OnConfigurationChange": hooks.on_configuration_change
        and _with_json(hooks.on_configuration_change),
    }
    methods = {name: unary(_guarded(name, run)) for name, run in behaviors.items() if run}
    if not methods:
        return
    response = wire.implemented_response(methods)
    methods["Implemented"] = unary(lambda _request, _context: response, pool=calls)
    add_service(server, "espalier.v1.PluginHooks", methods)


def _without_request(hook: Callable[[], None]) -> Callable[[bytes], None]:
    return lambda _request: hook()


def _with_json(hook: Callable[[Any], None]) -> Callable[[bytes], None]:
    def run(request: bytes) -> None:
        import json  # Only here: it would make every start longer.

        hook(json.loads(wire.first_string(request)))

    return run


def _guarded(
    name: str, run: Callable[[bytes], None]
) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    """A failing hook is the plugin's answer to the host, not a fault of the call."""

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            run(request)
        except Exception as error:
            _logger.exception("%s failed", name)
            text = str(error) or type(error).__name__
            context.set_code(grpc.StatusCode.FAILED_PRECONDITION)
            context.set_details(text[:_LONGEST_DETAILS])
        return wire.EMPTY

    return behavior
