"""Log records as go-plugin hosts read them: one JSON object per line on the real stderr."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any, TextIO

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def logging_handler(stream: TextIO | None = None) -> logging.Handler:
    """A handler that writes hclog's JSON to the process's own stderr.

    ``serve`` installs one on the root logger when that has no handler. Make one yourself to log
    before ``serve``, or beside other handlers.
    """
    handler = logging.StreamHandler(stream or sys.__stderr__)
    handler.setFormatter(_HclogFormatter())
    return handler


def install(level: int | None) -> None:
    """Set up the root logger, unless the plugin did so itself."""
    root = logging.getLogger()
    if root.handlers:
        return
    root.addHandler(logging_handler())
    if level is not None:
        root.setLevel(level)


class _HclogFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {key: value for key, value in record.__dict__.items() if key not in _PLAIN}
        stacktrace = self._stacktrace(record)
        if stacktrace:
            fields["stacktrace"] = stacktrace
        fields.update(
            {
                "@level": _level(record.levelno),
                "@message": record.getMessage(),
                "@module": record.name,
                "@timestamp": _timestamp(record.created),
            }
        )
        return _as_json(fields)

    def _stacktrace(self, record: logging.LogRecord) -> str:
        if record.exc_info and record.exc_info[0] is not None:
            return self.formatException(record.exc_info)
        return record.exc_text or record.stack_info or ""


def _level(number: int) -> str:
    """The level in the words of hclog, which knows neither ``warning`` nor ``critical``."""
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warn"
    if number >= logging.INFO:
        return "info"
    return "debug" if number >= logging.DEBUG else "trace"


def _timestamp(seconds: float) -> str:
    """UTC with six digits after the second, also where they are zeros: Go's reader insists."""
    whole, microseconds = divmod(round(seconds * 1_000_000), 1_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{microseconds:06}Z"


def _as_json(fields: dict[str, Any]) -> str:
    import json  # Only here: it would make every start longer.

    try:
        return json.dumps(fields, default=str, allow_nan=False)
    except (TypeError, ValueError):
        # A key that is no text, a circle, NaN: JSON has no word for it, so Python's is used.
        return json.dumps(
            {key: value if _is_text(value) else repr(value) for key, value in fields.items()}
        )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
