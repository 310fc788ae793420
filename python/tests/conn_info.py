"""``plugin.ConnInfo`` as protobuf itself writes and reads it, from a description of its own."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto


def _describe() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="conn_info.proto", package="plugin", syntax="proto3"
    )
    info = file.message_type.add(name="ConnInfo")
    knock = info.nested_type.add(name="Knock")
    _add(knock, "knock", 1, _FIELD.TYPE_BOOL)
    _add(knock, "ack", 2, _FIELD.TYPE_BOOL)
    _add(knock, "error", 3, _FIELD.TYPE_STRING)
    _add(info, "service_id", 1, _FIELD.TYPE_UINT32)
    _add(info, "network", 2, _FIELD.TYPE_STRING)
    _add(info, "address", 3, _FIELD.TYPE_STRING)
    _add(info, "knock", 4, _FIELD.TYPE_MESSAGE).type_name = ".plugin.ConnInfo.Knock"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("plugin.ConnInfo"))


def _add(message: Any, name: str, number: int, kind: Any) -> Any:
    return message.field.add(name=name, number=number, type=kind, label=_FIELD.LABEL_OPTIONAL)


ConnInfo = _describe()
