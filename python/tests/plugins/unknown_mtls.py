"""A plugin with a typing error."""

from echo import register

from espalier_plugin import serve

serve(register, mtls="on")
