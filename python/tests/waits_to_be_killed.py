"""A host that starts the plugin named by its argument, passes its line on, and waits."""

import subprocess
import sys

with subprocess.Popen([sys.executable, sys.argv[1]], stdout=subprocess.PIPE) as plugin:
    assert plugin.stdout
    print(plugin.pid, plugin.stdout.readline().decode(), sep="|", end="", flush=True)
    plugin.wait()
