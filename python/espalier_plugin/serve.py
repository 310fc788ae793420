"""The life of a plugin process, from the cookie to the last call."""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Callable

from espalier_plugin import forks, lifetime, logs, output
from espalier_plugin.endpoint import Endpoint
from espalier_plugin.handshake import (
    StartupError,
    check_cookie,
    choose_version,
    handshake_line,
    offered_versions,
)
from espalier_plugin.hooks import Hooks
from espalier_plugin.register import Register, add_services
from espalier_plugin.server import PluginServer
from espalier_plugin.tls import Mode, agree_on_tls

_logger = logging.getLogger(__name__)

# From the end of `grace` to the hard end of a plugin whose host is gone.
_LAST_MOMENTS = 0.5


def serve(
    register: Register | None = None,
    *,
    versions: Mapping[int, Register] | None = None,
    protocol_version: int = 1,
    cookie: tuple[str, str] = ("ESPALIER_PLUGIN", "espalier"),
    on_activate: Callable[[], None] | None = None,
    on_deactivate: Callable[[], None] | None = None,
    on_configuration_change: Callable[[Any], None] | None = None,
    max_workers: int = 16,
    options: Sequence[tuple[str, Any]] = (),
    transport: str | None = None,
    mtls: Mode = "auto",
    grace: float = 1.0,
    log_level: int | None = logging.INFO,
    exit_with_host: bool = True,
) -> None:
    """Serve a plugin until its host ends it. Call it once, from the main thread.

    It prints the handshake line, so nothing may be printed before it. It returns after an orderly
    stop, and the program should then end. If the plugin cannot serve, it says why on stderr and
    exits with code 1. In a process that multiprocessing starts for the plugin it returns at once.

    Args:
        register: Adds the plugin's services to the server, for ``protocol_version``; called with
            the server, and with the ``Host`` if it takes a second argument.
        versions: The same for each application protocol version that the plugin speaks.
        protocol_version: The version of ``register``.
        cookie: The environment variable, and its value, by which the host shows itself.
        on_activate: Called before the plugin counts as healthy; an exception fails the activation.
        on_deactivate: Called before the plugin is asked to end.
        on_configuration_change: Called with the new configuration, parsed from JSON.
        max_workers: How many calls run at once. Health checks and the stdio stream do not count.
        options: gRPC channel arguments; they win over the defaults of this package, in brokered
            connections as well.
        transport: ``unix`` or ``tcp``. By default ``unix``, and ``tcp`` on Windows.
        mtls: ``auto`` speaks mutual TLS with a host that offers it, if cryptography is installed;
            ``required`` refuses every other host; ``off`` never does.
        grace: Seconds in which running calls may finish when the plugin stops.
        log_level: The root logger's level if logging is set up here; ``None`` leaves it as it is.
        exit_with_host: Whether to end when the host is gone. A plugin for hosts that come back to a
            running one (reattach) stays.
    """
    if lifetime.is_starting_a_child():
        return
    registers = _by_version(register, protocol_version, versions)
    hooks = Hooks(on_activate, on_deactivate, on_configuration_change)
    # A signal handler may put into this queue at any moment; an Event could deadlock there.
    stops: queue.SimpleQueue[str] = queue.SimpleQueue()
    try:
        check_cookie(cookie, os.environ)
        output.write_through()
        stdout = output.Stdout(os.environ)
        forks.forget_threads_in_children()
        lifetime.ignore_interrupts()
        if exit_with_host:
            lifetime.end_with_host(partial(stops.put, "the host is gone"), grace + _LAST_MOMENTS)
        logs.install(log_level)
        version = _negotiate(registers)
        tls = agree_on_tls(mtls, os.environ)
        server = PluginServer(
            Endpoint(os.environ, transport, options, tls),
            max_workers=max_workers,
            hooks=hooks,
            stop=partial(stops.put, "the host asked for it"),
        )
        try:
            add_services(registers[version], server.grpc, server.host)
        except BaseException:
            server.stop(0)
            raise
        restore = lifetime.handle(signal.SIGTERM, lambda _number, _frame: stops.put("SIGTERM"))
        try:
            address = server.listen()
            server.grpc.start()
            stdout.announce(handshake_line(version, address, tls.certificate if tls else b""))
            _logger.debug("stopping", extra={"reason": lifetime.wait_for_stop(stops)})
        finally:
            server.stop(grace)
            # From here on SIGTERM ends the process, should the rest of the program hang.
            restore()
    except StartupError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def _by_version(
    register: Register | None,
    protocol_version: int,
    versions: Mapping[int, Register] | None,
) -> Mapping[int, Register]:
    registers = dict(versions or {})
    if register is not None:
        registers.setdefault(protocol_version, register)
    if not registers:
        raise TypeError("serve() needs a register function, or versions")
    return registers


def _negotiate(registers: Mapping[int, Register]) -> int:
    offered, unreadable = offered_versions(os.environ.get("PLUGIN_PROTOCOL_VERSIONS", ""))
    for item in unreadable:
        _logger.warning("the host offers a protocol version that is no number: %r", item)
    return choose_version(registers, offered)
