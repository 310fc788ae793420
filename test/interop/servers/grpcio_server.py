"""The test service on grpcio, on a port of its own until stdin ends; an argument is the longest age of a connection in ms."""

import sys
from concurrent import futures

import grpc


def field(number, body):
    """A length-delimited field."""
    return bytes([number << 3 | 2]) + varint(len(body)) + body


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def read(message):
    """The fields of a message, by number: integers and bytes."""
    at, fields = 0, {}

    def take():
        nonlocal at
        shift = value = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = take()
        value = take()
        if key & 7 == 2:
            value, at = message[at : at + value], at + value
        fields.setdefault(key >> 3, []).append(value)
    return fields


def payload(size):
    return field(1, field(2, bytes(size)))


def unary(request, context):
    return payload(read(request).get(2, [0])[0])


def output(request, context):
    for parameters in read(request).get(2, []):
        yield payload(read(parameters).get(1, [0])[0])


def input_(requests, context):
    total = sum(len(read(read(request).get(1, [b""])[0]).get(2, [b""])[0]) for request in requests)
    return b"\x08" + varint(total)


def duplex(requests, context):
    for request in requests:
        yield from output(request, context)


handlers = {
    "EmptyCall": grpc.unary_unary_rpc_method_handler(lambda request, context: b""),
    "UnaryCall": grpc.unary_unary_rpc_method_handler(unary),
    "StreamingInputCall": grpc.stream_unary_rpc_method_handler(input_),
    "StreamingOutputCall": grpc.unary_stream_rpc_method_handler(output),
    "FullDuplexCall": grpc.stream_stream_rpc_method_handler(duplex),
}
options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", 64 << 20)]
if len(sys.argv) > 1:
    options += [("grpc.max_connection_age_ms", int(sys.argv[1])), ("grpc.max_connection_age_grace_ms", 20_000)]
server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=options)
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.testing.TestService", handlers)])
print(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}", flush=True)
server.start()
sys.stdin.read()
server.stop(0).wait()
