"""What can go wrong with a brokered connection, for the plugin's services to catch."""

from __future__ import annotations


class BrokerError(Exception):
    """A brokered connection cannot be made. The text says why."""


class BrokerTimeoutError(BrokerError, TimeoutError):
    """The host did not say in time where it serves the id."""
