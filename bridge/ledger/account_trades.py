"""An account's trades at a venue as a file of the venue's own form, which is then imported as any export is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bridge.files import write_whole

if TYPE_CHECKING:
    from bridge.venues.deribit_account import DeribitAccount

SAME: Final = Decimal("1e-9")


def keep_trades(account: DeribitAccount, currencies: tuple[str, ...], span: tuple[int, int], folder: Path) -> Path:
    """Ask for the trades of a span, milliseconds, and keep the answer; return the file.

    Raises
    ------
    SourceUnavailable, BadFile
        The venue does not answer or refuses the key; the file cannot be written.
    """
    found = [row for currency in currencies for row in account.fills(currency, *span)]
    path = folder / f"deribit_trades_{span[0]}_{span[1]}.json"
    write_whole(path, json.dumps({"trades": found}) + "\n")
    return path


def differences(held: Mapping[str, float], ours: Mapping[str, Decimal]) -> list[dict[str, Any]]:
    """Return the instruments of which the venue holds another quantity than our entries add up to, by name.

    Parameters
    ----------
    held
        What the venue says, by instrument.
    ours
        What our entries say, in the venue's units.
    """
    found = []
    for name in sorted({*held, *ours}):
        there, here = Decimal(repr(held.get(name, 0.0))), ours.get(name, Decimal(0))
        if abs(there - here) > SAME:
            found.append({"instrument": name, "venue": float(there), "ledger": float(here)})
    return found
