"""The store: an ordinary grpcio servicer, which knows nothing of being a plugin."""

import queue
import threading

import grpc
import kv_pb2
import kv_pb2_grpc

_END = None


class KV(kv_pb2_grpc.KVServicer):
    """Keeps values in memory and tells every watcher of each change."""

    def __init__(self):
        self._lock = threading.Lock()
        self._values = {}
        self._watchers = set()

    def Put(self, request, context):
        with self._lock:
            self._values[request.key] = request.value
            self._tell(kv_pb2.Change(key=request.key, value=request.value))
        print(f"put {request.key}")
        return kv_pb2.PutResponse()

    def Get(self, request, context):
        with self._lock:
            value = self._values.get(request.key)
        if value is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no such key: {request.key}")
        return kv_pb2.GetResponse(value=value)

    def Delete(self, request, context):
        with self._lock:
            if self._values.pop(request.key, None) is not None:
                self._tell(kv_pb2.Change(key=request.key))
        return kv_pb2.DeleteResponse()

    def Watch(self, request, context):
        changes = queue.SimpleQueue()
        context.add_callback(lambda: changes.put(_END))
        with self._lock:
            self._watchers.add(changes)
        context.send_initial_metadata(())
        try:
            yield from iter(changes.get, _END)
        finally:
            with self._lock:
                self._watchers.discard(changes)

    def _tell(self, change):
        for changes in self._watchers:
            changes.put(change)
