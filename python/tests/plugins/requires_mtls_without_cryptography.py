"""A plugin that insists on what is not installed."""

import sys

from echo import register

from espalier_plugin import serve

sys.modules["cryptography"] = None
serve(register, mtls="required")
