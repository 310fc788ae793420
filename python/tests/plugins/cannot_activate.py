"""A plugin whose only hook fails."""

from echo import register

from espalier_plugin import serve


def on_activate():
    raise RuntimeError("the database is away")


serve(register, on_activate=on_activate)
