"""A plugin with a fault in its start, when it serves a further connection already."""

from echo import register as register_echo

from espalier_plugin import serve


def register(_server, host):
    host.accept_and_serve(host.next_id(), register_echo)
    raise RuntimeError("no such table")


serve(register)
