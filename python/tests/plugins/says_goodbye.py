"""A plugin that goes on for a moment after it has served."""

from echo import register

from espalier_plugin import serve

serve(register)
print("served")
