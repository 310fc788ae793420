from __future__ import annotations

import threading
from itertools import islice

from espalier_plugin import wire
from espalier_plugin.outbox import CAPACITY, CHUNK, Outbox


def always() -> bool:
    return True


def make_outbox(capacity: int = CAPACITY) -> tuple[Outbox, list[tuple[int, bytes]]]:
    spilled: list[tuple[int, bytes]] = []
    return Outbox(lambda channel, data: spilled.append((channel, data)), capacity), spilled


def message(channel: int, data: bytes) -> bytes:
    return wire.stdio_data(channel, data)


def test_what_was_written_before_the_subscription_is_delivered_in_order() -> None:
    outbox, spilled = make_outbox()
    outbox.write(wire.STDOUT, b"one")
    outbox.write(wire.STDERR, b"two")
    outbox.write(wire.STDOUT, b"three")
    assert list(islice(outbox.messages(always), 3)) == [
        message(wire.STDOUT, b"one"),
        message(wire.STDERR, b"two"),
        message(wire.STDOUT, b"three"),
    ]
    assert spilled == []


def test_small_writes_are_joined_and_large_ones_cut() -> None:
    outbox, _ = make_outbox()
    outbox.write(wire.STDOUT, b"text")
    outbox.write(wire.STDOUT, b"\n")
    outbox.write(wire.STDERR, b"x" * (CHUNK + 1))
    assert list(islice(outbox.messages(always), 3)) == [
        message(wire.STDOUT, b"text\n"),
        message(wire.STDERR, b"x" * CHUNK),
        message(wire.STDERR, b"x"),
    ]


def test_without_a_subscriber_the_oldest_overflow_is_spilled() -> None:
    outbox, spilled = make_outbox(capacity=6)
    for data in (b"one", b"two"):
        outbox.write(wire.STDOUT, data)
        outbox.write(wire.STDERR, data)
    assert spilled == [(wire.STDOUT, b"one"), (wire.STDERR, b"one")]
    assert list(islice(outbox.messages(always), 2)) == [
        message(wire.STDOUT, b"two"),
        message(wire.STDERR, b"two"),
    ]


def test_a_writer_waits_for_a_subscriber_that_is_behind() -> None:
    outbox, spilled = make_outbox(capacity=3)
    messages = outbox.messages(always)
    outbox.write(wire.STDOUT, b"one")
    assert next(messages) == message(wire.STDOUT, b"one")
    outbox.write(wire.STDOUT, b"two")
    writer = threading.Thread(target=outbox.write, args=(wire.STDERR, b"six"), daemon=True)
    writer.start()
    assert next(messages) == message(wire.STDOUT, b"two")
    assert next(messages) == message(wire.STDERR, b"six")
    writer.join(5)
    assert not writer.is_alive()
    assert spilled == []


def test_a_waiting_writer_goes_on_when_the_subscriber_leaves() -> None:
    outbox, spilled = make_outbox(capacity=3)
    messages = outbox.messages(always)
    outbox.write(wire.STDOUT, b"one")
    assert next(messages) == message(wire.STDOUT, b"one")
    outbox.write(wire.STDOUT, b"two")
    writer = threading.Thread(target=outbox.write, args=(wire.STDOUT, b"six"), daemon=True)
    writer.start()
    messages.close()  # type: ignore[attr-defined]
    writer.join(5)
    assert not writer.is_alive()
    assert spilled == [(wire.STDOUT, b"two")]


def test_the_newest_subscriber_gets_it_all() -> None:
    outbox, _ = make_outbox()
    outbox.write(wire.STDOUT, b"one")
    old, new = outbox.messages(always), outbox.messages(always)
    assert next(old) == message(wire.STDOUT, b"one")
    outbox.write(wire.STDOUT, b"two")
    assert next(new) == message(wire.STDOUT, b"two")
    outbox.write(wire.STDOUT, b"three")
    assert list(old) == []
    assert next(new) == message(wire.STDOUT, b"three")


def test_closing_delivers_the_rest_and_spills_what_comes_later() -> None:
    outbox, spilled = make_outbox()
    messages = outbox.messages(always)
    outbox.write(wire.STDOUT, b"one")
    assert next(messages) == message(wire.STDOUT, b"one")
    outbox.write(wire.STDOUT, b"two")
    outbox.close()
    outbox.write(wire.STDERR, b"late")
    assert list(messages) == [message(wire.STDOUT, b"two")]
    assert spilled == [(wire.STDERR, b"late")]


def test_what_a_subscriber_leaves_behind_after_closing_is_spilled() -> None:
    outbox, spilled = make_outbox()
    wanted = [True]
    messages = outbox.messages(lambda: wanted[0])
    outbox.write(wire.STDOUT, b"one")
    assert next(messages) == message(wire.STDOUT, b"one")
    outbox.write(wire.STDOUT, b"two")
    outbox.close()
    wanted[0] = False
    assert list(messages) == []
    assert spilled == [(wire.STDOUT, b"two")]


def test_closing_without_a_subscriber_spills_everything() -> None:
    outbox, spilled = make_outbox()
    outbox.write(wire.STDOUT, b"one")
    outbox.close()
    assert spilled == [(wire.STDOUT, b"one")]
