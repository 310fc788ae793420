"""A plugin that set up logging before it serves."""

import logging

from echo import register

from espalier_plugin import serve

logging.basicConfig(format="mine: %(message)s")
serve(register)
