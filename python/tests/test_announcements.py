from __future__ import annotations

import threading

import pytest

from espalier_plugin import BrokerError, BrokerTimeoutError
from espalier_plugin.announcements import PATIENCE, Announcements
from espalier_plugin.wire import ConnInfo

FIRST = ConnInfo(7, "unix", "/first")
SECOND = ConnInfo(7, "unix", "/second")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_announcement_is_good_for_one_dial() -> None:
    announcements = Announcements(patience=0.01)
    announcements.put(FIRST)
    assert announcements.take(7) == FIRST
    with pytest.raises(BrokerTimeoutError):
        announcements.take(7)


def test_each_id_has_its_own() -> None:
    announcements = Announcements()
    other = ConnInfo(8, "tcp", "127.0.0.1:1")
    announcements.put(FIRST)
    announcements.put(other)
    assert (announcements.take(8), announcements.take(7)) == (other, FIRST)


def test_a_second_one_for_the_same_id_is_dropped() -> None:
    announcements = Announcements()
    announcements.put(FIRST)
    announcements.put(SECOND)
    assert announcements.take(7) == FIRST


def test_an_old_one_is_forgotten() -> None:
    clock = Clock()
    announcements = Announcements(clock=clock)
    announcements.put(FIRST)
    clock.now = PATIENCE
    announcements.put(SECOND)
    assert announcements.take(7) == SECOND


def test_one_that_is_almost_old_is_good_still() -> None:
    clock = Clock()
    announcements = Announcements(clock=clock)
    announcements.put(FIRST)
    clock.now = PATIENCE - 0.001
    assert announcements.take(7) == FIRST


def test_who_is_early_waits_for_it() -> None:
    announcements = Announcements()
    taken: list[ConnInfo] = []
    waiter = threading.Thread(target=lambda: taken.append(announcements.take(7)), daemon=True)
    waiter.start()
    announcements.put(ConnInfo(8, "unix", "/other"))
    announcements.put(FIRST)
    waiter.join(5)
    assert taken == [FIRST]


def test_an_id_that_is_not_announced_is_a_timeout_that_names_it() -> None:
    with pytest.raises(TimeoutError, match="id 7") as timeout:
        Announcements(patience=0.01).take(7)
    assert isinstance(timeout.value, BrokerError)


def test_closing_lets_nobody_wait() -> None:
    announcements = Announcements(patience=60)
    reasons: list[str] = []

    def wait() -> None:
        try:
            announcements.take(7)
        except BrokerError as error:
            reasons.append(str(error))

    waiter = threading.Thread(target=wait, daemon=True)
    waiter.start()
    announcements.close()
    waiter.join(5)
    assert reasons == ["Cannot dial id 7: the plugin stops."]


def test_after_closing_what_has_come_is_there_still() -> None:
    announcements = Announcements()
    announcements.put(FIRST)
    announcements.close()
    assert announcements.take(7) == FIRST
