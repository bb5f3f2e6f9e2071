"""Fit an implied-volatility surface to a chain's bids and asks, free of butterfly and calendar arbitrage.

Each expiry gets a raw SVI smile (`svi`), fitted to the volatilities between bid and ask in units of half the spread
(`fitting`); arbitrage is looked for everywhere (`arbitrage`) and removed (`repair`). Why SVI: docs/adr/0011-surface.md.

What odd rows and chains lead to
--------------------------------
    NaN strike or expiry          row dropped, counted as unknown
    NaN bid or ask                row dropped, counted as one_sided; so is a bid or ask of 0
    negative or zero time         row dropped, counted as expired: a feed may still list the option
    negative strike, bid or ask   BadInput; so is anything infinite
    crossed quote                 row dropped, counted as crossed
    duplicate option              the highest bid and the lowest ask of its rows are one quote; counted as duplicate
    in-the-money option           row dropped where the other kind is listed at the strike, counted as in_the_money
    zero volatility               row dropped, counted as no_vol: its bid is intrinsic value or less
    unsorted input                the same surface, bit for bit
    no call and put at one strike the forward column, else interpolated from the other expiries, else no_forward
    one strike                    a flat smile; two to four strikes leave the curvature to the fit's start
    one expiry                    its smile, extrapolated both ways
    nothing usable, empty chain   NoSurface
    NaN in `Surface.vol`          NaN there; a negative expiry or strike is BadInput; expiry 0 is the limit
"""

from hedge.volatility.surface.arbitrage import ArbitrageCheck, ArbitrageReport, Butterfly, Calendar
from hedge.volatility.surface.quotes import Dropped
from hedge.volatility.surface.surface import ExpirySmile, Surface, fit_surface
from hedge.volatility.surface.svi import Svi

__all__ = [
    "ArbitrageCheck",
    "ArbitrageReport",
    "Butterfly",
    "Calendar",
    "Dropped",
    "ExpirySmile",
    "Surface",
    "Svi",
    "fit_surface",
]
