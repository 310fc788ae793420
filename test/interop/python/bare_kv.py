"""A plugin on grpcio alone, as go-plugin's guide for other languages has it: a server, health, and a line."""

import sys
import threading
from concurrent import futures

import grpc
import kv_pb2_grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from kv import KV


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    kv_pb2_grpc.add_KVServicer_to_server(KV(), server)
    servicer = health.HealthServicer()
    servicer.set("plugin", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"1|1|tcp|127.0.0.1:{port}|grpc")
    sys.stdout.flush()
    threading.Event().wait()


serve()
