from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from espalier_plugin.register import add_services


class Services:
    def __init__(self) -> None:
        self.given: tuple[Any, ...] = ()

    def register(self, server: Any, host: Any) -> None:
        self.given = (server, host)


SERVER: Any = object()
HOST: Any = object()


def given_to(make: Any) -> tuple[Any, ...]:
    calls: list[tuple[Any, ...]] = []
    add_services(make(lambda *arguments: calls.append(arguments)), SERVER, HOST)
    return calls[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda call: lambda server: call(server),
        lambda call: lambda server, table="kv": call(server),
        lambda call: lambda *everything: call(*everything),
        lambda call: partial(lambda table, server: call(server), "kv"),
    ],
    ids=["one", "one and a default", "any number", "partial"],
)
def test_a_function_that_can_do_without_the_host_gets_the_server(make: Any) -> None:
    assert given_to(make) == (SERVER,)


@pytest.mark.parametrize(
    "make",
    [
        lambda call: lambda server, host: call(server, host),
        lambda call: partial(lambda table, server, host: call(server, host), "kv"),
    ],
    ids=["two", "partial"],
)
def test_a_function_that_needs_it_gets_the_host(make: Any) -> None:
    assert given_to(make) == (SERVER, HOST)


def test_a_method_is_counted_without_its_self() -> None:
    services = Services()
    add_services(services.register, SERVER, HOST)
    assert services.given == (SERVER, HOST)


def test_a_function_that_does_not_tell_its_parameters_gets_the_server() -> None:
    seen: set[Any] = set()
    add_services(seen.add, SERVER, HOST)
    assert seen == {SERVER}
