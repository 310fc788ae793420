"""An ordinary plugin: answers, prints, logs, and knows calls that take their time."""

import logging
import sys
import threading
import time

import grpc

from espalier_plugin import serve


def echo(request, _context):
    return request


def print_out(request, _context):
    sys.stdout.buffer.write(request)
    return b""


def print_err(request, _context):
    print(request.decode(), file=sys.stderr)
    return b""


def log(request, _context):
    logging.getLogger("echo").warning("said %s", request.decode(), extra={"size": len(request)})
    return b""


def finish_in_a_moment(_request, _context):
    yield b"begun"
    time.sleep(0.3)
    yield b"finished"


def hold(_request, context):
    released = threading.Event()
    context.add_callback(released.set)
    yield b"begun"
    released.wait()


def register(server):
    unary = grpc.unary_unary_rpc_method_handler
    stream = grpc.unary_stream_rpc_method_handler
    methods = {
        "Echo": unary(echo),
        "PrintOut": unary(print_out),
        "PrintErr": unary(print_err),
        "Log": unary(log),
        "FinishInAMoment": stream(finish_in_a_moment),
        "Hold": stream(hold),
    }
    handler = grpc.method_handlers_generic_handler("test.Echo", methods)
    server.add_generic_rpc_handlers((handler,))


if __name__ == "__main__":
    serve(register)
