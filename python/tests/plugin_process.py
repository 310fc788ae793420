"""Real plugins in processes of their own, and a real gRPC client for them."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Callable
from urllib.parse import quote

import grpc
from certificates import Identity

TIMEOUT = 20.0
PLUGINS = Path(__file__).parent / "plugins"
COOKIE = {"ESPALIER_PLUGIN": "espalier"}
LOGS_STDOUT = {"ESPALIER_TOKEN": "test.1.plugin.1"}
NAMED = (("grpc.ssl_target_name_override", "localhost"), ("grpc.default_authority", "localhost"))


class Collected:
    """Everything that came out of a pipe so far."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._bytes = b""
        self._reading = threading.Event()
        self._reading.set()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe:
            while data := os.read(self._pipe.fileno(), 65536):
                self._bytes += data
                self._reading.wait()

    def pause(self) -> None:
        """Read at most once more."""
        self._reading.clear()

    def resume(self) -> None:
        self._reading.set()

    def so_far(self) -> bytes:
        return self._bytes

    def is_open(self) -> bool:
        return self._thread.is_alive()

    def whole(self) -> bytes:
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive(), "the pipe did not close"
        return self._bytes


class PluginProcess:
    """A plugin that has printed its handshake line."""

    def __init__(self, process: subprocess.Popen[bytes], host: Identity | None = None) -> None:
        assert process.stdout and process.stderr
        self.process = process
        self.stderr = Collected(process.stderr)
        self.line = process.stdout.readline().decode()
        self.stdout = Collected(process.stdout)
        self.fields = self.line.rstrip("\n").split("|")
        assert len(self.fields) == 6, (self.line, self.stderr.so_far())
        self.certificate = pem(self.fields[5]) if self.fields[5] else None
        self._host = host
        self.channel = self.connect(*self.fields[2:4])

    @property
    def address(self) -> str:
        return self.fields[3]

    def connect(self, network: str, address: str) -> grpc.Channel:
        """As the host does: with TLS if there is a certificate on both sides."""
        if self._host is None or self.certificate is None:
            return grpc.insecure_channel(target(network, address))
        credentials = self._host.channel_credentials(self.certificate)
        return grpc.secure_channel(target(network, address), credentials, NAMED)

    def call(self, method: str, request: bytes = b"") -> bytes:
        return unary(self.channel, method, request)

    def stream(self, method: str, request: bytes = b"") -> Any:
        call: grpc.UnaryStreamMultiCallable[bytes, bytes] = self.channel.unary_stream(method)
        return call(request, timeout=TIMEOUT)

    def shut_down(self) -> int:
        self.call("/plugin.GRPCController/Shutdown")
        return self.process.wait(TIMEOUT)


@contextmanager
def started(
    plugin: str, env: Mapping[str, str] | None = None, host: Identity | None = None
) -> Iterator[PluginProcess]:
    """A plugin of ``tests/plugins``; whatever happens, it and its socket are gone afterwards.

    A host with an identity offers mutual TLS.
    """
    with tempfile.TemporaryDirectory(prefix="ep-") as temporary:
        offered = host.env if host else {}
        process = spawn(plugin, {"TMPDIR": temporary, **COOKIE, **offered, **(env or {})})
        running = None
        try:
            running = PluginProcess(process, host)
            yield running
        finally:
            if running:
                running.channel.close()
            process.kill()
            process.wait(TIMEOUT)


def run(plugin: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    """A plugin that ends by itself."""
    process = spawn(plugin, env)
    try:
        stdout, stderr = process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def spawn(plugin: str, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(PLUGINS / plugin)],
        env=clean_environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def clean_environment(env: Mapping[str, str]) -> dict[str, str]:
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PLUGIN_", "ESPALIER_"))
    }
    return {**inherited, "PYTHONDONTWRITEBYTECODE": "1", **env}


def unary(channel: grpc.Channel, method: str, request: bytes) -> bytes:
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
    return call(request, timeout=TIMEOUT)


def target(network: str, address: str) -> str:
    return f"unix:{quote(address)}" if network == "unix" else address


def pem(field: str) -> bytes:
    """The certificate of the handshake line."""
    der = base64.b64decode(field + "=" * (-len(field) % 4), validate=True)
    return ssl.DER_cert_to_PEM_cert(der).encode()


def eventually(condition: Callable[[], Any], within: float = TIMEOUT) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
    return value
