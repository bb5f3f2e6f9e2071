"""What the venue shows at the prices that a plan's orders would meet, beside a plan of quotes of now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bridge.cli.flags import say

if TYPE_CHECKING:
    from bridge.config import OptionsConfig
    from bridge.venues.leg_sizes import LegSize
    from hedge.decision.trades import Trade


def read_sizes(terms: OptionsConfig, trades: Sequence[Trade]) -> list[LegSize] | None:
    """Return what is shown for each option of the orders; None where the quotes are not asked of a venue.

    A venue that does not answer any more takes no plan away: it is said, and nothing is shown.
    """
    from bridge.config import LIVE
    from bridge.errors import BridgeError
    from bridge.venues.deribit import Deribit
    from bridge.venues.leg_sizes import leg_sizes

    if terms.source_name != LIVE:
        return None
    venue = Deribit(str(terms.source_settings["url"]))
    try:
        return leg_sizes(venue, trades, linear=bool(terms.source_settings.get("linear", False)))
    except BridgeError as error:
        say(f"for how much the quotes stand is not known: {error}", stderr=True)
        return []
    finally:
        venue.close()


def sizes_json(sizes: Sequence[LegSize] | None) -> dict[str, Any]:
    """Return the sizes as JSON has them; nothing where none were asked for."""
    return {} if sizes is None else {"sizes": [size.to_dict() for size in sizes]}


def size_lines(sizes: Sequence[LegSize]) -> list[str]:
    """Return a line for each order for which less is shown than it takes; nothing where no venue was asked."""
    short = [size.words for size in sizes if size.words]
    return short or (["the venue shows every order's whole quantity at its price"] if sizes else [])
