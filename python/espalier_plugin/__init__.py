"""Write a plugin for Espalier, or for any go-plugin host that speaks gRPC."""

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
