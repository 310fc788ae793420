"""A plugin with a fault in its own start."""

from espalier_plugin import serve


def register(_server):
    raise RuntimeError("no such table")


serve(register)
