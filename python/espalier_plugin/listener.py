"""Opening an address to serve on."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

import grpc

from espalier_plugin.handshake import Address, StartupError

# The standard library's larger modules are imported where they are needed: most starts need none.

# What stands for itself in a URI's path.
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/")

# The size of sun_path without its final NUL. gRPC's own complaint does not name the limit.
_LONGEST_SOCKET_PATH = 103 if sys.platform == "darwin" else 107


def listen(
    server: grpc.Server,
    env: Mapping[str, str],
    transport: str | None = None,
    credentials: grpc.ServerCredentials | None = None,
) -> Address:
    """Bind the server where the host's environment asks for it.

    Raises:
        StartupError: No address could be bound.
    """
    if transport is None:
        transport = "tcp" if os.name == "nt" else "unix"
    if transport == "unix":
        return _listen_on_socket(server, env, credentials)
    if transport == "tcp":
        return _listen_on_port(server, env, credentials)
    raise StartupError(f"Unknown transport {transport!r}: use 'unix' or 'tcp'.")


def grpc_target(address: Address) -> str:
    """The address as a URI, in which a blank or a percent sign means something else."""
    return f"unix:{_quoted(address.text)}" if address.network == "unix" else address.text


def remove_socket(address: Address) -> None:
    """Leave no socket file behind."""
    if address.network == "unix":
        with suppress(OSError):
            os.unlink(address.text)


def _listen_on_socket(
    server: grpc.Server, env: Mapping[str, str], credentials: grpc.ServerCredentials | None
) -> Address:
    directory = env.get("PLUGIN_UNIX_SOCKET_DIR") or _temporary_directory()
    path = os.path.join(os.path.abspath(directory), f"plugin{os.urandom(4).hex()}")
    size = len(os.fsencode(path))
    if size > _LONGEST_SOCKET_PATH:
        raise StartupError(
            f"The socket path {path} has {size} bytes, but at most {_LONGEST_SOCKET_PATH} fit: "
            "set PLUGIN_UNIX_SOCKET_DIR or TMPDIR to a shorter directory."
        )
    if "|" in path or "\n" in path:
        raise StartupError(f"The handshake line cannot carry the socket path {path!r}.")
    address = Address("unix", path)
    if not _bind(server, address, credentials):
        raise StartupError(f"Cannot listen on the unix socket {path}.")
    _share_with_group(address, env.get("PLUGIN_UNIX_SOCKET_GROUP"))
    return address


def _temporary_directory() -> str:
    import tempfile

    return tempfile.gettempdir()


def _quoted(path: str) -> str:
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in os.fsencode(path))


def _share_with_group(address: Address, group: str | None) -> None:
    if not group:
        return
    import shutil

    try:
        shutil.chown(address.text, group=int(group) if group.isdecimal() else group)
        os.chmod(address.text, 0o660)
    except (LookupError, OSError) as error:
        remove_socket(address)
        raise StartupError(f"Cannot give the socket to the group {group}: {error}.") from error


def _listen_on_port(
    server: grpc.Server, env: Mapping[str, str], credentials: grpc.ServerCredentials | None
) -> Address:
    ports = _port_range(env.get("PLUGIN_MIN_PORT"), env.get("PLUGIN_MAX_PORT"))
    for wanted in ports:
        if _is_free(wanted):
            port = _bind(server, Address("tcp", f"127.0.0.1:{wanted}"), credentials)
            if port:
                return Address("tcp", f"127.0.0.1:{port}")
    raise StartupError(f"Every port from {ports[0]} to {ports[-1]} is taken.")


def _port_range(lowest: str | None, highest: str | None) -> range:
    if not lowest and not highest:
        return range(1)
    try:
        ports = range(int(lowest or 0), int(highest or 0) + 1)
    except ValueError:
        ports = range(0)
    if not ports or ports[0] < 0 or ports[-1] > 65535:
        raise StartupError(
            "PLUGIN_MIN_PORT and PLUGIN_MAX_PORT are no range of ports: "
            f"{lowest or 'unset'} to {highest or 'unset'}."
        )
    return ports


def _is_free(port: int) -> bool:
    """Asked first, because gRPC writes an error to stderr for every port that it cannot bind."""
    import socket

    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _bind(server: grpc.Server, address: Address, credentials: grpc.ServerCredentials | None) -> int:
    """The bound port (1 for a socket), or 0: older grpcio returns that, newer raises."""
    target = grpc_target(address)
    try:
        if credentials is None:
            return server.add_insecure_port(target)
        return server.add_secure_port(target, credentials)
    except RuntimeError:
        return 0
