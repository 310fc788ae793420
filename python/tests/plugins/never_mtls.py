"""A plugin that serves in the clear."""

from echo import register

from espalier_plugin import serve

serve(register, mtls="off")
