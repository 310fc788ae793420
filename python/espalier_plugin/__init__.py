"""Write a plugin for Espalier, or for any go-plugin host that speaks gRPC."""

# Before everything that imports grpc.
import espalier_plugin.forks  # noqa: F401

# isort: split

from espalier_plugin.connections import BrokeredServer
from espalier_plugin.errors import BrokerError, BrokerTimeoutError
from espalier_plugin.host import Host
from espalier_plugin.logs import logging_handler
from espalier_plugin.register import Register
from espalier_plugin.serve import serve

__all__ = [
    "BrokerError",
    "BrokerTimeoutError",
    "BrokeredServer",
    "Host",
    "Register",
    "logging_handler",
    "serve",
]
