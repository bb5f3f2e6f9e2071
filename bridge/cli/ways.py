"""What a command has beside the main node, from the settings, its options and the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from bridge.cli.flags import say
from bridge.config import Config

if TYPE_CHECKING:
    from bridge.chain.node import Chain
    from bridge.chain.ways import Ways

LOGS: Final = "logs"


def ways_of(config: Config, relay: str | None, kept: bool = True) -> Ways:
    """Return other nodes, relay and cache as the settings and the option name them; warnings go beside the output.

    Without `kept` there is no cache.
    """
    from bridge.chain.ways import Ways

    at = config.chain
    logs = config.state / LOGS if at.keep_logs and kept else None
    return Ways(at.rpc_urls, at.max_lag_seconds, relay_url(relay), at.relay_seconds, logs, _warned)


def say_if_alone(chain: Chain) -> None:
    """Say that one node alone is believed, where none was named beside it; of several `Providers` says it."""
    from bridge.foreign import url_place

    if not {*chain.ways.others} - {chain.url}:
        _warned(f"no second node confirms what the one at {url_place(chain.url)} says")


def relay_url(given: str | None) -> str:
    """Return the relay that an option names, else the environment; empty for none.

    Raises
    ------
    UsageError
        The option's holds a login or options, which anyone on this machine could read there.
    BadConfig
        It is no URL.
    """
    from bridge.chain.connection import Connection, Unusable
    from bridge.chain.ways import RELAY_VARIABLE
    from bridge.errors import BadConfig, UsageError

    if given and any(sign in given for sign in "@?#"):
        raise UsageError(
            f"--relay: holds a login or options, which others can read there: give the whole URL in {RELAY_VARIABLE}"
        )
    chosen = os.environ.get(RELAY_VARIABLE, "") if given is None else given
    if not chosen and given is None:
        return ""
    try:
        Connection(chosen)
    except Unusable as error:
        raise BadConfig(f"{RELAY_VARIABLE if given is None else '--relay'}: {error}") from None
    return chosen


def _warned(words: str) -> None:
    say(f"warning: {words}", stderr=True)
