"""What host and plugin tell each other before the first call: cookie, versions, and one line."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from typing import NamedTuple

CORE_VERSION = 1

_GO_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)


class StartupError(Exception):
    """The plugin cannot serve. The text says why, for whoever reads its stderr."""


class Address(NamedTuple):
    """Where the plugin listens, in the words of the handshake line."""

    network: str
    text: str


def check_cookie(cookie: tuple[str, str], env: Mapping[str, str]) -> None:
    """Refuse to run unless a host of ours started this process.

    Raises:
        StartupError: The environment does not hold the cookie.
    """
    key, value = cookie
    if not key or not value:
        raise StartupError("The plugin's cookie is empty: give serve(cookie=(key, value)).")
    if env.get(key) != value:
        raise StartupError(
            "This program is a plugin. It is started by the application that it extends, "
            "and does nothing when it is run by itself.\n"
            f"(The environment variable {key} does not hold the expected value.)"
        )


def offered_versions(text: str) -> tuple[list[int], list[str]]:
    """The versions in ``PLUGIN_PROTOCOL_VERSIONS``, and the items that are none."""
    items = text.split(",") if text else []
    valid = [item for item in items if _GO_INTEGER.fullmatch(item)]
    return [int(item) for item in valid], [item for item in items if item not in valid]


def choose_version(ours: Iterable[int], offered: Iterable[int]) -> int:
    """The highest common version.

    Without one it is our lowest: the host then complains, and better, for it knows both sides.
    """
    ours = sorted(ours)
    common = set(ours).intersection(offered)
    return max(common) if common else ours[0]


def handshake_line(version: int, address: Address, certificate: bytes = b"") -> str:
    """The one line on stdout. Its last field is the certificate, and empty without TLS."""
    # Go's reader refuses the padding.
    field = b2a_base64(certificate, newline=False).decode().rstrip("=")
    return f"{CORE_VERSION}|{version}|{address.network}|{address.text}|grpc|{field}\n"
