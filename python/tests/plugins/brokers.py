"""A plugin that opens connections to its host, and serves it on further ones."""

import threading

import grpc
from echo import register as register_echo

from espalier_plugin import BrokerError, serve


def register(server, host):
    opened = {}
    kept = []

    def ask_host(request, _context):
        """Ask what the host serves under the id in the request."""
        with host.dial(int(request)) as channel:
            return channel.unary_unary("/test.Host/Ask")(b"from the plugin", timeout=10)

    def ask_and_keep(request, _context):
        kept.append(host.dial(int(request)))
        return kept[-1].unary_unary("/test.Host/Ask")(b"kept", timeout=10)

    def why_not(request, _context):
        yield b"begun"
        try:
            host.dial(int(request))
        except BrokerError as error:
            yield f"{type(error).__name__}: {error}".encode()

    def open_echo(_request, _context):
        service_id = host.next_id()
        opened[service_id] = host.accept_and_serve(service_id, register_echo, max_workers=2)
        return str(service_id).encode()

    def close_echo(request, _context):
        opened.pop(int(request)).stop()
        return b""

    def open_and_close(request, _context):
        for _ in range(int(request)):
            with host.accept_and_serve(host.next_id(), register_echo) as server:
                kept.append(server)
                with grpc.insecure_channel(f"unix:{server.address.text}") as channel:
                    channel.unary_unary("/test.Echo/Echo")(b"", timeout=10)
        return b""

    def threads(_request, _context):
        return str(threading.active_count()).encode()

    unary = grpc.unary_unary_rpc_method_handler
    methods = {
        "AskHost": unary(ask_host),
        "AskAndKeep": unary(ask_and_keep),
        "WhyNot": grpc.unary_stream_rpc_method_handler(why_not),
        "OpenEcho": unary(open_echo),
        "CloseEcho": unary(close_echo),
        "OpenAndClose": unary(open_and_close),
        "Threads": unary(threads),
    }
    handler = grpc.method_handlers_generic_handler("test.Broker", methods)
    server.add_generic_rpc_handlers((handler,))
    register_echo(server)


if __name__ == "__main__":
    serve(register)
