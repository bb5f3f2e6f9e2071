"""Formula and picture of ideas whose section in docs/ has none of its own, by the page in the site."""

from __future__ import annotations

from typing import Final, NamedTuple


class Words(NamedTuple):
    """Hold what stands above the section: a formula, and a picture with what it shows; either may be empty."""

    formula: str
    picture: str
    shows: str


WORDS: Final = {
    "layer-2-vix-adaptive-hedge": Words(
        "premium of layer 2 <= volatilityPremiumCapBps x book value x scale(regime)",
        "layers-regimes",
        "Budgets of protection by regime and policy",
    ),
    "layer-3-temporal-theta-guard": Words(
        "CVaR95 = mean loss in the worst 5 % of scenarios;  premium of layer 3 <= tailPremiumCapBps x book value",
        "layers-effects",
        "One layer alone, and the plan without it",
    ),
    "conversion-and-reversal": Words("", "ideas-parity", "The forward that each strike makes, bought and sold"),
    "time-shifting-time-travel": Words("", "ideas-bands", "Tenors that layers 2 and 3 may buy, as voted and shifted"),
    "big-top-temporal-theta-cash-press": Words(
        "profit of a condor sold for a week = credit - what it costs to close - fees",
        "layers-condor",
        "Profit of a sold condor at its expiry",
    ),
    "quick-ratio": Words("", "signals-pressure", "Quick ratio and CAPM volatility"),
    "multi-sig-controls-against-rogue-adjustments": Words(
        "an update is legal where  least <= new <= most,  |new - old| <= step,  drift in seven days <= 3 steps",
        "governance",
        "Roles and delays",
    ),
    "dao-voting-that-automates-layer-adjustments-from-a-volatility-oracle": Words(
        "up where volatility >= next floor + hysteresis;  down where volatility + hysteresis < present floor",
        "ideas-table",
        "The row that a volatility selects, rising and falling",
    ),
    "steward-against-promoter": Words(
        "steward: least CVaR95 within the budgets;  promoter: most credit within its caps on notional",
        "ideas-promoter",
        "CVaR95 of the book alone, with the steward's plan, with the promoter's condors",
    ),
    "daily-signals": Words(
        "answer = the first that applies of: do not hedge, leave the pool, hedge, hold",
        "report",
        "The report of a plan",
    ),
    "backtest-and-simulation-against-unhedged-delta-only-and-diversified": Words(
        "variance removed = 1 - var(hedged) / var(unhedged);  CVaR95 = mean loss in the worst 5 % of weeks",
        "ideas-simulate",
        "Profit of a position, unhedged and hedged, on the same paths",
    ),
}
