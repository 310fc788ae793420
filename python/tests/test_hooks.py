from __future__ import annotations

import grpc
import pytest
from plugin_process import LOGS_STDOUT, PluginProcess, started

HOOKS = "/espalier.v1.PluginHooks"


def refusal(
    plugin: PluginProcess, hook: str, request: bytes = b""
) -> tuple[grpc.StatusCode, str | None]:
    with pytest.raises(grpc.RpcError) as error:
        plugin.call(f"{HOOKS}/{hook}", request)
    return error.value.code(), error.value.details()


def test_all_hooks_are_named_and_called() -> None:
    with started("hooked.py", LOGS_STDOUT) as plugin:
        names = [b"OnActivate", b"OnDeactivate", b"OnConfigurationChange"]
        fields = [b"\x0a" + bytes([len(name)]) + name for name in names]
        assert plugin.call(f"{HOOKS}/Implemented") == b"".join(fields)
        assert plugin.call(f"{HOOKS}/OnActivate") == b""
        assert plugin.call(f"{HOOKS}/OnConfigurationChange", b'\x0a\x0e{"name": "ad"}') == b""
        assert plugin.call(f"{HOOKS}/OnDeactivate") == b""
        assert plugin.shut_down() == 0
        assert plugin.stdout.whole() == b"activated\nconfigured ad\ndeactivated\n"


def test_only_the_given_hooks_are_implemented() -> None:
    with started("cannot_activate.py") as plugin:
        assert plugin.call(f"{HOOKS}/Implemented") == b"\x0a\x0aOnActivate"
        assert refusal(plugin, "OnDeactivate")[0] is grpc.StatusCode.UNIMPLEMENTED


def test_a_hook_that_raises_answers_with_the_exceptions_text_and_logs_the_traceback() -> None:
    with started("cannot_activate.py") as plugin:
        code, details = refusal(plugin, "OnActivate")
        assert (code, details) == (grpc.StatusCode.FAILED_PRECONDITION, "the database is away")
        assert plugin.shut_down() == 0
        log = plugin.stderr.whole()
        assert b"OnActivate failed" in log
        assert b"Traceback" in log


@pytest.mark.parametrize("request_bytes", [b"\x0a\x01{", b"\x0a\x02{}"], ids=["cut", "lacks a key"])
def test_a_configuration_that_a_plugin_cannot_take_is_refused(request_bytes: bytes) -> None:
    with started("hooked.py") as plugin:
        code, details = refusal(plugin, "OnConfigurationChange", request_bytes)
        assert code is grpc.StatusCode.FAILED_PRECONDITION
        assert details


def test_a_plugin_without_hooks_has_no_such_service() -> None:
    with started("echo.py") as plugin:
        assert refusal(plugin, "Implemented")[0] is grpc.StatusCode.UNIMPLEMENTED
