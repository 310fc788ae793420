"""A plugin that outlives its host."""

from echo import register

from espalier_plugin import serve

serve(register, exit_with_host=False)
