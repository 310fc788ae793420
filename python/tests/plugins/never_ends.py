"""A plugin with a thread that does not let the process end."""

import threading

from echo import register

from espalier_plugin import serve

threading.Thread(target=threading.Event().wait).start()
serve(register, grace=0.1)
