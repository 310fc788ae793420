"""A plugin for another application."""

from echo import register

from espalier_plugin import serve

serve(register, cookie=("OTHER_APPLICATION", "yes"))
