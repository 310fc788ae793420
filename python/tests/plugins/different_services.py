"""A plugin whose versions have different services."""

import grpc

from espalier_plugin import serve


def add(server, service, behavior):
    methods = {"Say": grpc.unary_unary_rpc_method_handler(behavior)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))


def register_old(server):
    add(server, "test.Old", lambda _request, _context: b"old")


def register_new(server, host):
    add(server, "test.New", lambda _request, _context: str(host.next_id()).encode())


serve(versions={1: register_old, 2: register_new})
