"""What the market says: what each number means, when it was known, and how long it may be believed.

Every series is a pandas Series of float64 indexed by the unix second at which each number was *known*, never by the
period that it describes (`known`). Every statistic compares a number with the numbers known before it (`past`). A
`Gauge` holds the history of one signal and answers what it said at any time; `combine` turns signals into one
`Regime`.

    history -> series function -> Gauge -> Signal at a time -> combine -> Regime

`spec` holds the registry and `specs` one file for each signal; `board` reads them all at one time. Scores run from 0
(calm) to 1 (protect in full). NaN is "not known" and never "calm". May import `market` and what is below it.
"""

from hedge.signals.regime import Regime, RegimeRules, combine
from hedge.signals.signal import Gauge, Signal, State

__all__ = ["Gauge", "Regime", "RegimeRules", "Signal", "State", "combine"]
