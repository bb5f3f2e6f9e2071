"""Where the node of a public network is: the environment's URL, which may hold a key, before that of the settings."""

from __future__ import annotations

import os

VARIABLE = "ALVH_RPC_URL"


def network_url(name: str, configured: str) -> str:
    """Return the URL in ALVH_RPC_URL_NAME for a network's name, or the configured one where it is not set."""
    return os.environ.get(f"{VARIABLE}_{name.upper().replace('-', '_')}") or configured


def node_url(configured: str) -> str:
    """Return the URL in ALVH_RPC_URL, or the configured one where it is not set."""
    return os.environ.get(VARIABLE) or configured
