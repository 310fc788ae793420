"""A plugin that listens on a port, as on Windows."""

from echo import register

from espalier_plugin import serve

serve(register, transport="tcp")
