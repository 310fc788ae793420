"""The plugin's own function that adds its services to a server."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Callable, Union

import grpc

if TYPE_CHECKING:
    from espalier_plugin.host import Host

Register = Union[Callable[[grpc.Server], None], "Callable[[grpc.Server, Host], None]"]
"""Adds the plugin's services to the server; with a second parameter it is given the host."""


def add_services(register: Register, server: grpc.Server, host: Host) -> None:
    """Call it with as much as it needs: one that can do without the host does not get it."""
    function: Callable[..., Any] = register
    if _needs_host(function):
        function(server, host)
    else:
        function(server)


def _needs_host(function: Callable[..., Any]) -> bool:
    try:
        signature = inspect.signature(function)
    except ValueError:
        # Functions written in C may not tell.
        return False
    try:
        signature.bind(None)
    except TypeError:
        return True
    return False
