"""The signals that come with us, one file each; `hedge.signals.spec` loads them and holds the registry.

Each file makes its gauge from histories with the mathematics of `hedge.signals` and registers a `SignalSpec`. To add
a signal here, add a file: board, regime, settings and report know it by its entry. Here are only the ages that
several files share. Read `volatility` first. May import `hedge.signals` and what is below it.
"""

from typing import Final

from hedge.units import DAY

DAILY_AGE: Final = 2 * DAY
"""For which a daily number may be believed, seconds."""
MARKET_AGE: Final = 5 * DAY
"""Of markets that close on weekends and holidays."""
MONTHLY_AGE: Final = 50 * DAY
"""Of figures that come once a month."""
