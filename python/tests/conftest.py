"""Fixtures for all tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def socket_dir() -> Iterator[Path]:
    """A directory with a short path: pytest's own is too long for a socket on some systems."""
    directory = Path(tempfile.mkdtemp(prefix="ep-"))
    yield directory
    shutil.rmtree(directory)
