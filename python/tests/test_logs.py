from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from plugin_process import started

from espalier_plugin import logging_handler


class Log:
    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.logger = logging.getLogger("shop.cart")
        self.handler = logging_handler(self.stream)

    def last(self) -> dict[str, Any]:
        lines = self.stream.getvalue().splitlines()
        record = json.loads(lines[-1], parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
        assert isinstance(record, dict)
        return record


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    log.logger.addHandler(log.handler)
    log.logger.propagate = False
    log.logger.setLevel(1)
    yield log
    log.logger.removeHandler(log.handler)


@pytest.mark.parametrize(
    ("number", "level"),
    [
        (5, "trace"),
        (logging.DEBUG, "debug"),
        (logging.INFO, "info"),
        (logging.WARNING, "warn"),
        (35, "warn"),
        (logging.ERROR, "error"),
        (logging.CRITICAL, "error"),
    ],
)
def test_levels_are_hclogs_words(log: Log, number: int, level: str) -> None:
    log.logger.log(number, "text")
    assert log.last()["@level"] == level


def test_a_record_is_one_line_with_message_module_time_and_fields(log: Log) -> None:
    log.logger.info("two\nlines of %s", "Käse", extra={"count": 2, "tags": ["a"]})
    record = log.last()
    timestamp = record.pop("@timestamp")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", timestamp)
    assert record == {
        "@level": "info",
        "@message": "two\nlines of Käse",
        "@module": "shop.cart",
        "count": 2,
        "tags": ["a"],
    }


def test_the_time_has_six_digits_even_at_a_full_second(log: Log) -> None:
    record = logging.makeLogRecord({"levelno": logging.INFO, "created": 1_700_000_000.0})
    assert '"@timestamp": "2023-11-14T22:13:20.000000Z"' in log.handler.format(record)


def test_an_exception_is_a_stacktrace_field(log: Log) -> None:
    try:
        raise KeyError("milk")
    except KeyError:
        log.logger.exception("lost")
    assert log.last()["@message"] == "lost"
    assert log.last()["stacktrace"].splitlines()[0] == "Traceback (most recent call last):"
    assert log.last()["stacktrace"].splitlines()[-1] == "KeyError: 'milk'"


def test_a_field_cannot_take_the_place_of_the_level(log: Log) -> None:
    log.logger.info("text", extra={"@level": "error"})
    assert log.last()["@level"] == "info"


def test_what_json_has_no_word_for_is_written_as_python_does(log: Log) -> None:
    circle: list[Any] = []
    circle.append(circle)
    for value in (float("nan"), circle, {(1, 2): 3}, {"set"}, object):
        log.logger.info("text", extra={"value": value})
        assert log.last()["value"] == (str(value) if value in ({"set"}, object) else repr(value))
        assert log.last()["@message"] == "text"


def test_serve_sends_logging_to_the_real_stderr() -> None:
    with started("echo.py") as plugin:
        stdio = plugin.stream("/plugin.GRPCStdio/StreamStdio")
        plugin.call("/test.Echo/Log", b"cheese")
        assert plugin.shut_down() == 0
        assert list(stdio) == []
        record = json.loads(plugin.stderr.whole())
        assert record["@message"] == "said cheese"
        assert (record["@level"], record["@module"], record["size"]) == ("warn", "echo", 6)


def test_a_plugin_that_set_up_logging_keeps_its_own() -> None:
    with started("logs_its_own_way.py") as plugin:
        plugin.call("/test.Echo/Log", b"cheese")
        assert plugin.shut_down() == 0
        assert plugin.stderr.whole() == b"mine: said cheese\n"
