"""The first values, limits and delays of a deployment. After it they belong to the DAO."""

from __future__ import annotations

from dataclasses import dataclass, field

from hedge.policy.parameters import KEYS, Key, Limits

HOUR = 3600
DAY = 24 * HOUR
FEW = 10
"""A range that spans fewer units is a choice, not an amount."""


def genesis_limits(key: Key) -> Limits:
    """Return a key's first limits: one update may take away half of the first value of a risk, but add only a fifth.

    Where a tenth of the key's range is more than its first value, the shares are of that: so three steps a week, which
    is what a window holds, lead from bound to bound within four months. Steps are rounded up to one unit; keys that
    neither add nor remove risk move by a quarter either way. A choice between a few values goes to any of them at once.
    Each key rests a day.
    """
    span = key.most - key.least
    whole = max(key.initial, -(-span // 10))
    slow, fast, middle = (-(-whole // share) for share in (5, 2, 4))
    if span < FEW:
        slow = fast = middle = span
    up, down = {"down": (slow, fast), "up": (fast, slow), "none": (middle, middle)}[key.derisk]
    return Limits(min=key.least, max=key.most, step_up=up, step_down=down, cooldown_seconds=DAY)


@dataclass(frozen=True)
class GovernanceTerms:
    """Delays in seconds, shares in percent of the supply, votes in units of 1e18.

    An answer of the oracle moves by at most a quarter an hour from the one before, and doubles or halves at most in a
    day; what is beyond is clamped and flagged. Realised volatility is that of a day of hours. A breaker trips where
    implied and realised are both four times and 60 points (1e8 = 100 %) apart. The automation follows one asset's feed.
    On a rollup `sequencer_feed` is Chainlink's uptime feed, and nothing is answered for the grace after an outage.
    `own` are assets that get a ledger of parameters and an automation of their own.
    """

    voting_delay: int = DAY
    voting_period: int = 3 * DAY
    vote_extension: int = DAY
    timelock_delay: int = 2 * DAY
    steward_delay: int = DAY
    quorum_percent: int = 10
    proposal_threshold: int = 10_000 * 10**18
    oracle_max_age: int = 6 * HOUR
    oracle_quorum: int = 3
    oracle_per_hour_bps: int = 2_500
    oracle_per_day_bps: int = 10_000
    sequencer_feed: str = ""
    sequencer_grace: int = HOUR
    realized_spacing: int = HOUR
    realized_intervals: int = 24
    breaker_ratio_bps: int = 40_000
    breaker_gap_e8: int = 60_000_000
    automation_asset: str = "ETH"
    own: tuple[str, ...] = ()
    values: tuple[int, ...] = field(default_factory=lambda: tuple(key.initial for key in KEYS))
    limits: tuple[Limits, ...] = field(default_factory=lambda: tuple(genesis_limits(key) for key in KEYS))
