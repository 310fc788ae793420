"""Write a plugin for Espalier, or for any go-plugin host that speaks gRPC."""

from espalier_plugin.logs import logging_handler
from espalier_plugin.serve import Register, serve

__all__ = ["Register", "logging_handler", "serve"]
