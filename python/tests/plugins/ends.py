"""A plugin that says something and ends, in each way that a Python program can."""

import faulthandler
import os
import signal
import sys
import threading
import traceback

import grpc

from espalier_plugin import serve

print("at import", file=sys.stderr)


def say():
    print("said, ", end="")
    sys.stdout.write("written, ")
    sys.stdout.buffer.write(b"as bytes, ")
    os.write(1, b"past Python\n")
    print("half a line", end="", file=sys.stderr)


def exit_with_a_trace():
    try:
        raise KeyError("milk")
    except KeyError:
        traceback.print_exc()
    os._exit(3)


def crash():
    faulthandler.enable()
    os.kill(os.getpid(), signal.SIGSEGV)
    threading.Event().wait()


def terminate_another_thread():
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)


def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()


def filenos():
    return f"{sys.stdout.fileno()} {sys.stderr.fileno()} {sys.stdout.isatty()}".encode()


def flood():
    print("x" * 1_000_000)


def print_past_a_non_blocking_pipe():
    os.set_blocking(1, False)
    flood()


def register(server):
    print("in register")

    def handler(function):
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: function() or b"")

    functions = [say, exit_with_a_trace, crash, be_killed, filenos, flood]
    functions.append(terminate_another_thread)
    functions.append(print_past_a_non_blocking_pipe)
    methods = {function.__name__: handler(function) for function in functions}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Ends", methods),))


if __name__ == "__main__":
    serve(register)
    print("after serving")
