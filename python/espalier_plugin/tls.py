"""Mutual TLS, if the host asks for it: each side trusts the one certificate of the other."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

import grpc

from espalier_plugin.handshake import StartupError

NAME = "localhost"
"""The name in every certificate, whatever the address is."""

Mode = Literal["auto", "required", "off"]
_INSTALL = "install espalier-plugin[mtls]"
_PACKAGE = "cryptography"

_logger = logging.getLogger(__name__)


class Tls(NamedTuple):
    """The same for the main connection and every brokered one, in both directions."""

    certificate: bytes
    for_servers: grpc.ServerCredentials
    for_channels: grpc.ChannelCredentials


def agree_on_tls(mode: Mode, env: Mapping[str, str]) -> Tls | None:
    """What the host's ``PLUGIN_CLIENT_CERT`` and the plugin's own wish come to; ``None`` is clear.

    Raises:
        StartupError: The plugin insists on TLS and cannot have it, or the host's certificate is
            unreadable: whoever asked for TLS must not get less because of a typing error.
    """
    if mode not in get_args(Mode):
        raise StartupError(f"Unknown mtls {mode!r}: use 'auto', 'required' or 'off'.")
    pem = env.get("PLUGIN_CLIENT_CERT")
    if mode == "off":
        return None
    if not pem:
        if mode == "required":
            raise StartupError(
                "The plugin requires mutual TLS, and the host does not offer it: "
                "PLUGIN_CLIENT_CERT is not set."
            )
        return None
    return _tls(mode, os.fsencode(pem))


def _tls(mode: Mode, pem: bytes) -> Tls | None:
    try:
        # Only here, for it takes a while and may not be installed.
        from espalier_plugin.certificate import make_identity, read_host_certificate
    except ImportError as error:
        if mode == "required":
            raise StartupError(
                f"The plugin requires mutual TLS, which needs cryptography ({error}): {_INSTALL}."
            ) from error
        _say_that_it_is_clear(error)
        return None
    try:
        host = read_host_certificate(pem)
    except ValueError as error:
        raise StartupError(f"PLUGIN_CLIENT_CERT is no certificate in PEM: {error}") from error
    if host.curve == "secp521r1":
        _logger.warning(
            "the host's certificate has a P-521 key, which grpcio as published on PyPI refuses: "
            "let the host use P-256 or P-384"
        )
    own = make_identity(NAME)
    return Tls(
        certificate=own.der,
        for_servers=grpc.ssl_server_credentials(
            [(own.key, own.pem)], root_certificates=host.pem, require_client_auth=True
        ),
        for_channels=grpc.ssl_channel_credentials(
            root_certificates=host.pem, private_key=own.key, certificate_chain=own.pem
        ),
    )


def _say_that_it_is_clear(error: ImportError) -> None:
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] == _PACKAGE:
        # Normal without the extra, so it must not read like the cause of a later failure.
        _logger.info("serving in the clear; to serve over mutual TLS, %s", _INSTALL)
    else:
        _logger.warning("serving in the clear, as cryptography cannot be loaded: %s", error)
