"""What the package adds to the start of a plugin, beside ``import grpc``.

    python bench/start.py [rounds]

Each round starts three programs one after the other: a server on bare grpcio, and a plugin without
and with mutual TLS. Prints the medians in milliseconds of CPU time, from the end of ``import grpc``
to the handshake line.
Run it where the package is installed, so that its modules are compiled.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from certificates import make_identity

MEASURE = """
import json, os, sys, time
from concurrent import futures
begun = time.process_time()
import grpc
imported = time.process_time()

def report():
    line = time.process_time()
    os.write(2, json.dumps([1000 * (imported - begun), 1000 * (line - imported)]).encode())
    os._exit(0)
"""

BARE = """
server = grpc.server(futures.ThreadPoolExecutor(16))
server.add_insecure_port(f"unix:{os.environ['PLUGIN_UNIX_SOCKET_DIR']}/socket")
server.start()
os.write(1, b"1|1|unix|socket|grpc|")
report()
"""

PLUGIN = """
import espalier_plugin
from espalier_plugin import output

def announce(self, line, announce=output.Stdout.announce):
    announce(self, line)
    report()

output.Stdout.announce = announce
espalier_plugin.serve(lambda server: None)
"""


def measure(program: str, env: dict[str, str]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="ep-") as directory:
        result = subprocess.run(
            [sys.executable, "-c", MEASURE + program],
            env={
                **os.environ,
                "ESPALIER_PLUGIN": "espalier",
                "PLUGIN_UNIX_SOCKET_DIR": directory,
                **env,
            },
            cwd=directory,
            capture_output=True,
            check=True,
        )
    grpc_import, rest = json.loads(result.stderr)
    return grpc_import, rest


def main(rounds: int) -> None:
    programs = {
        "a server on bare grpcio": (BARE, {}),
        "the package, without mutual TLS": (PLUGIN, {}),
        "the package, with mutual TLS": (PLUGIN, make_identity().env),
    }
    taken: dict[str, list[float]] = {name: [] for name in ["import grpc", *programs]}
    for _ in range(rounds):
        for name, (program, env) in programs.items():
            grpc_import, rest = measure(program, env)
            taken["import grpc"].append(grpc_import)
            taken[name].append(rest)
    unit = statistics.median(taken["import grpc"])
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:34}{median:7.1f} ms {median / unit:6.2f} x import grpc")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 31)
