"""A plugin that brokers as on Windows."""

from brokers import register

from espalier_plugin import serve

serve(register, transport="tcp")
