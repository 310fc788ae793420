"""A plugin in a dozen lines: serve the store until the host ends it."""

import logging

import kv_pb2_grpc
from espalier_plugin import serve
from kv import KV


def register(server):
    kv_pb2_grpc.add_KVServicer_to_server(KV(), server)


def on_activate():
    logging.info("the store is open", extra={"backend": "memory"})


serve(register, on_activate=on_activate)
