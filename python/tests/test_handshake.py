from __future__ import annotations

import pytest

from espalier_plugin.handshake import (
    Address,
    StartupError,
    check_cookie,
    choose_version,
    handshake_line,
    offered_versions,
)

COOKIE = ("KEY", "value")


def test_the_cookie_lets_a_plugin_start() -> None:
    check_cookie(COOKIE, {"KEY": "value"})


@pytest.mark.parametrize("env", [{}, {"KEY": ""}, {"KEY": "Value"}, {"OTHER": "value"}])
def test_without_the_cookie_it_explains_itself(env: dict[str, str]) -> None:
    with pytest.raises(StartupError, match="is a plugin") as refusal:
        check_cookie(COOKIE, env)
    assert "KEY" in str(refusal.value)
    assert "value." in str(refusal.value) and "value\n" not in str(refusal.value)


@pytest.mark.parametrize("cookie", [("", "value"), ("KEY", "")])
def test_an_empty_cookie_is_the_authors_mistake(cookie: tuple[str, str]) -> None:
    with pytest.raises(StartupError, match="cookie is empty"):
        check_cookie(cookie, {"": "value", "KEY": ""})


@pytest.mark.parametrize(
    ("text", "versions", "unreadable"),
    [
        ("", [], []),
        ("1", [1], []),
        ("3,1,2", [3, 1, 2], []),
        ("+1,02,-3", [1, 2, -3], []),
        ("1, 2,x,,1_0", [1], [" 2", "x", "", "1_0"]),
        ("\u0661", [], ["\u0661"]),
    ],
)
def test_offered_versions_are_numbers_as_go_reads_them(
    text: str, versions: list[int], unreadable: list[str]
) -> None:
    assert offered_versions(text) == (versions, unreadable)


@pytest.mark.parametrize(
    ("ours", "offered", "chosen"),
    [
        ([1], [1], 1),
        ([1, 2, 3], [3, 2], 3),
        ([3, 1], [1, 2], 1),
        ([4, 2, 3], [1, 5], 2),
        ([4, 2], [], 2),
    ],
)
def test_the_highest_common_version_is_chosen_or_else_our_lowest(
    ours: list[int], offered: list[int], chosen: int
) -> None:
    assert choose_version(ours, offered) == chosen


def test_without_tls_the_line_ends_with_an_empty_certificate() -> None:
    assert handshake_line(2, Address("unix", "/tmp/p")) == "1|2|unix|/tmp/p|grpc|\n"


def test_a_certificate_is_base64_without_padding() -> None:
    line = handshake_line(2, Address("unix", "/tmp/p"), b"\xfb\xff\xfe\xfe")
    assert line == "1|2|unix|/tmp/p|grpc|+//+/g\n"
