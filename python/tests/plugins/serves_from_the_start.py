"""A plugin that serves a further connection before the host has said anything."""

from echo import register as register_echo

from espalier_plugin import serve


def register(server, host):
    register_echo(server)
    host.accept_and_serve(host.next_id(), register_echo)


serve(register)
