from __future__ import annotations

from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from plugin_process import TIMEOUT, PluginProcess, started

SERVING = health_pb2.HealthCheckResponse.SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


def health(plugin: PluginProcess) -> Any:
    """The stub of the generated code."""
    return health_pb2_grpc.HealthStub(plugin.channel)


def check(plugin: PluginProcess, service: str) -> int:
    request = health_pb2.HealthCheckRequest(service=service)
    return int(health(plugin).Check(request, timeout=TIMEOUT).status)


def watch(plugin: PluginProcess, service: str) -> Any:
    return health(plugin).Watch(health_pb2.HealthCheckRequest(service=service), timeout=TIMEOUT)


def test_the_plugin_and_the_whole_server_are_serving() -> None:
    with started("echo.py") as plugin:
        assert [check(plugin, service) for service in ("plugin", "")] == [SERVING, SERVING]


def test_another_service_is_not_found() -> None:
    with started("echo.py") as plugin:
        with pytest.raises(grpc.RpcError) as refusal:
            check(plugin, "other")
        assert refusal.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("service", "status"), [("plugin", SERVING), ("", SERVING), ("other", SERVICE_UNKNOWN)]
)
def test_a_watch_tells_the_state_and_ends_with_the_plugin(service: str, status: int) -> None:
    with started("echo.py") as plugin:
        updates = watch(plugin, service)
        assert next(updates).status == status
        assert plugin.shut_down() == 0
        assert list(updates) == []
        assert updates.code() is grpc.StatusCode.OK


def test_it_answers_while_every_worker_is_busy() -> None:
    with started("one_worker.py") as plugin:
        stdio = plugin.stream("/plugin.GRPCStdio/StreamStdio")
        watches = [watch(plugin, "plugin") for _ in range(5)]
        assert [next(updates).status for updates in watches] == [SERVING] * 5
        held = plugin.stream("/test.Echo/Hold")
        assert next(held) == b"begun"
        assert check(plugin, "plugin") == SERVING
        assert plugin.shut_down() == 0
        assert list(stdio) == []


def test_a_watch_that_was_given_up_frees_its_thread() -> None:
    with started("one_worker.py") as plugin:
        for _ in range(40):
            updates = watch(plugin, "plugin")
            assert next(updates).status == SERVING
            updates.cancel()


def test_more_watches_than_threads_do_not_delay_the_end() -> None:
    with started("one_worker.py") as plugin:
        watches = [watch(plugin, "plugin") for _ in range(16)]
        assert [next(updates).status for updates in watches] == [SERVING] * 16
        waiting = [watch(plugin, "plugin") for _ in range(16)]
        waiting[0].cancel()
        assert check(plugin, "plugin") == SERVING
        plugin.call("/plugin.GRPCController/Shutdown")
        assert plugin.process.wait(TIMEOUT) == 0
