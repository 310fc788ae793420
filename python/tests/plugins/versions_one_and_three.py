"""A plugin that speaks two application protocol versions."""

import grpc

from espalier_plugin import serve


def register(version):
    def say(_request, _context):
        return version

    def register_version(server):
        methods = {"Say": grpc.unary_unary_rpc_method_handler(say)}
        handler = grpc.method_handlers_generic_handler("test.Version", methods)
        server.add_generic_rpc_handlers((handler,))

    return register_version


serve(register(b"three"), protocol_version=3, versions={1: register(b"one")})
