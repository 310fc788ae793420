"""Fixtures for all tests."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# A background job of a shell ignores SIGINT, and a plugin would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def socket_dir() -> Iterator[Path]:
    """A directory with a short path: pytest's own is too long for a socket on some systems."""
    directory = Path(tempfile.mkdtemp(prefix="ep-"))
    yield directory
    shutil.rmtree(directory)
