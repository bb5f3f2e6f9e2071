"""When the condor rolls: weekly, at its expiry, the listed one nearest its governed tenor."""

from __future__ import annotations

from hedge.instruments.option_chain import OptionChain
from hedge.policy.layer_rules import LayerRules
from hedge.units import DAY


def roll_dates(chain: OptionChain, parameters: LayerRules, weeks: int = 4) -> tuple[int, ...]:
    """Return the listed expiries at which the condor rolls over the next `weeks`, unix seconds, ascending.

    The first is the expiry nearest to the governed tenor; each next one that nearest to a tenor later. Where the chain
    lists nothing that far apart the roll skips to the next listed expiry; none is repeated.
    """
    dates: list[int] = []
    target, last = chain.observed_at, chain.observed_at + (weeks * 7 + 1) * DAY
    while True:
        target += parameters.condor_tenor_days * DAY
        rolled_at = dates[-1] if dates else chain.observed_at
        later = [expiry_at for expiry_at in chain.expiries() if rolled_at < expiry_at <= last]
        if target > last or not later:
            return tuple(dates)
        dates.append(min(later, key=lambda expiry_at: abs(expiry_at - target)))
        target = dates[-1]
