"""A plugin that starts other processes as any Python program does, and serves without a guard.

Each process of multiprocessing's start methods ``spawn`` and ``forkserver`` runs this file again.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

# Before grpc, whose own handlers around fork() are not for servers.
from espalier_plugin import serve

# isort: split
import grpc


def square(number):
    return number * number


def pid_and_square(number):
    return os.getpid(), number * number


def print_much(size):
    print("x" * size)


def print_and_raise():
    print("a child's last words", end="")
    raise RuntimeError("a child failed")


def wait_for_a_signal(connection):
    connection.send("ready")
    threading.Event().wait()


def pool(method, _argument):
    """The squares, the children's sockets, and whether the pool was left."""
    with multiprocessing.get_context(method).Pool(2) as workers:
        results = workers.map(pid_and_square, range(4), 1)
        sockets = [path.name for path in Path(os.environ["PLUGIN_UNIX_SOCKET_DIR"]).iterdir()]
    return {
        "squares": [result for _, result in results],
        "in the plugin": os.getpid() in [pid for pid, _ in results],
        "sockets": sockets,
    }


def keep_pool(method, _argument):
    kept.append(multiprocessing.get_context(method).Pool(2))
    return [pid for pid, _ in kept[-1].map(pid_and_square, range(4), 1)]


def end_by_signal(method, name):
    """How a child ends that gets a signal while it does something else."""
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    child = context.Process(target=wait_for_a_signal, args=(theirs,))
    child.start()
    ours.recv()
    os.kill(child.pid, signal.Signals[name])
    child.join(10)
    code = child.exitcode
    child.kill()
    return code


def terminate(method, _argument):
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    child = context.Process(target=wait_for_a_signal, args=(theirs,))
    child.start()
    ours.recv()
    child.terminate()
    child.join(10)
    code = child.exitcode
    child.kill()
    return code


def prints(method, size):
    child = multiprocessing.get_context(method).Process(target=print_much, args=(int(size),))
    child.start()
    child.join()
    return child.exitcode


def fails(method, _argument):
    child = multiprocessing.get_context(method).Process(target=print_and_raise)
    child.start()
    child.join()
    return child.exitcode


def exec_into_stdout(_method, text):
    code = f"print({text!r})"
    return subprocess.run([sys.executable, "-c", code], stdout=sys.stdout, check=True).returncode


def exec_and_interrupt(_method, _argument):
    """How a program that the plugin started ends by Ctrl-C."""
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('still there')"
    return subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL).returncode


kept = []
calls = [pool, keep_pool, end_by_signal, terminate, prints, fails]
calls += [exec_into_stdout, exec_and_interrupt]


def register(server):
    def handler(function):
        def behavior(request, _context):
            method, _, argument = request.decode().partition(" ")
            return json.dumps(function(method, argument)).encode()

        return grpc.unary_unary_rpc_method_handler(behavior)

    methods = {function.__name__: handler(function) for function in calls}
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Children", methods),)
    )


serve(register)
