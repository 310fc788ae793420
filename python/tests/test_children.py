"""Processes that a plugin starts are as in any Python program."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugin_process import LOGS_STDOUT, PluginProcess, eventually, started

METHODS = ["fork", "spawn", "forkserver"]


@pytest.fixture
def plugin(socket_dir: Path) -> Iterator[PluginProcess]:
    env = {"PLUGIN_UNIX_SOCKET_DIR": str(socket_dir), **LOGS_STDOUT}
    with started("children.py", env) as running:
        yield running


def ask(plugin: PluginProcess, call: str, *words: object) -> Any:
    return json.loads(plugin.call(f"/test.Children/{call}", " ".join(map(str, words)).encode()))


def said_nothing(plugin: PluginProcess) -> bool:
    return (plugin.stdout.whole(), plugin.stderr.whole()) == (b"", b"")


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_works_ends_and_does_not_serve_a_second_time(
    plugin: PluginProcess, method: str
) -> None:
    answer = ask(plugin, "pool", method)
    assert answer == {
        "squares": [0, 1, 4, 9],
        "in the plugin": False,
        "sockets": [Path(plugin.address).name],
    }
    assert plugin.shut_down() == 0
    assert said_nothing(plugin)


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_that_is_still_open_does_not_delay_the_end(
    plugin: PluginProcess, method: str
) -> None:
    children = ask(plugin, "keep_pool", method)
    plugin.process.send_signal(signal.SIGTERM)
    assert plugin.process.wait(20) == 0
    assert said_nothing(plugin)
    assert not [child for child in children if is_running(child)]


@pytest.mark.parametrize("method", METHODS)
def test_terminate_ends_a_child(plugin: PluginProcess, method: str) -> None:
    assert ask(plugin, "terminate", method) == -signal.SIGTERM


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupt_ends_a_child_and_not_the_plugin(plugin: PluginProcess, method: str) -> None:
    assert ask(plugin, "end_by_signal", method, "SIGINT") == 1
    plugin.process.send_signal(signal.SIGINT)
    assert ask(plugin, "pool", method)["squares"] == [0, 1, 4, 9]
    assert plugin.shut_down() == 0
    assert b"KeyboardInterrupt" in plugin.stderr.whole()


def test_a_program_that_it_starts_can_be_interrupted(plugin: PluginProcess) -> None:
    assert ask(plugin, "exec_and_interrupt") == -signal.SIGINT
    assert plugin.shut_down() == 0
    assert said_nothing(plugin)


@pytest.mark.parametrize("method", METHODS)
def test_what_a_child_prints_arrives_however_much_it_is(plugin: PluginProcess, method: str) -> None:
    assert ask(plugin, "prints", method, 400 * 1024) == 0
    assert plugin.shut_down() == 0
    assert plugin.stdout.whole() == b"x" * 400 * 1024 + b"\n"
    assert plugin.stderr.whole() == b""


@pytest.mark.parametrize("method", METHODS)
def test_what_a_child_says_about_its_failure_arrives(plugin: PluginProcess, method: str) -> None:
    assert ask(plugin, "fails", method) == 1
    assert plugin.shut_down() == 0
    assert plugin.stdout.whole() == b"a child's last words"
    assert b"RuntimeError: a child failed" in plugin.stderr.whole()


def test_a_program_can_be_given_the_plugins_stdout(plugin: PluginProcess) -> None:
    assert ask(plugin, "exec_into_stdout", "-", "from a program") == 0
    eventually(lambda: plugin.stdout.so_far() == b"from a program\n")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
