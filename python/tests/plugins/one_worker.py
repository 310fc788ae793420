"""A plugin that one call keeps busy altogether."""

from echo import register

from espalier_plugin import serve

serve(register, max_workers=1)
