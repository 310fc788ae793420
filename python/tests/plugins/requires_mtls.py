"""A plugin that serves over mutual TLS only."""

from echo import register

from espalier_plugin import serve

serve(register, mtls="required")
