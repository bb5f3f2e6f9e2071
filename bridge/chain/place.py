"""Where the node of a public network is: the environment's URL, which may hold a key, before that of the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.errors import NodeUnreachable

VARIABLE = "ALVH_RPC_URL"
LEAST_KEY = 16
"""Letters."""


def network_variable(name: str) -> str:
    """Return the variable that holds the URL of a network of several."""
    return f"{VARIABLE}_{name.upper().replace('-', '_')}"


def network_url(name: str, configured: str) -> str:
    """Return the URL in ALVH_RPC_URL_NAME for a network's name, or the configured one where it is not set."""
    return os.environ.get(network_variable(name)) or configured


def node_url(configured: str) -> str:
    """Return the URL in ALVH_RPC_URL, or the configured one where it is not set."""
    return os.environ.get(VARIABLE) or configured


def may_hold_key(url: str) -> bool:
    """Tell whether a URL has a login or options, or a path with a part as long as keys are.

    >>> may_hold_key("https://node.example/rpc"), may_hold_key("https://node.example/v2/0123456789abcdef")
    (False, True)
    """
    place, _, options = url.partition("?")
    parts = place.partition("://")[2].split("/")
    return bool(options) or "@" in place or any(len(part) >= LEAST_KEY for part in parts[1:])


@contextmanager
def of_public_network(settings: str) -> Iterator[None]:
    """Have what is wrong with a node say which settings name it: no local chain is a public network's.

    Parameters
    ----------
    settings
        Where its URL is from.

    Raises
    ------
    NodeUnreachable
        As it was raised inside, with other words about mending it.
    """
    try:
        yield
    except NodeUnreachable as error:
        if type(error) is NodeUnreachable:
            how = "wait and try again, or name another in" if "://" in error.url else "correct it in"
            error.args = (f"no node answers at {error.url} ({error.reason}): {how} {settings}",)
        raise
