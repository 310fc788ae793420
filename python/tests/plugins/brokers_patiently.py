"""A plugin that has one thread for calls, and all the time in the world for them to end."""

from brokers import register

from espalier_plugin import serve

serve(register, max_workers=1, grace=60)
