"""The governed parameters: 18 integers that a DAO votes on, their bounds and the rules that bind them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Final, Literal

from hedge.errors import InvalidParameters

Derisk = Literal["down", "up", "none"]


@dataclass(frozen=True)
class Key:
    """Describe one governed key: its number on chain, name, unit, first value, absolute bounds and safe direction."""

    id: int
    name: str
    unit: str
    initial: int
    least: int
    most: int
    derisk: Derisk
    description: str

    @property
    def field(self) -> str:
        """Return the Python field of `Parameters` that holds this key."""
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.name)


KEYS: Final[tuple[Key, ...]] = (
    Key(0, "condorShortDeltaBps", "delta x 1e4", 2000, 1500, 2500, "down", "absolute delta of the condor's short legs"),
    Key(1, "condorWingBps", "bps of spot", 1000, 200, 3000, "down", "distance from a short leg to its wing"),
    Key(2, "condorTenorDays", "days", 7, 3, 21, "none", "tenor of the condor"),
    Key(3, "condorSizeCapBps", "bps of book value", 1000, 0, 5000, "down", "largest notional of the condor"),
    Key(4, "condorNotionalCapUsd", "USD", 500_000, 0, 50_000_000, "down", "largest notional of the condor"),
    Key(
        5,
        "rampStartVolBps",
        "bps of 100 % volatility",
        5500,
        1000,
        20_000,
        "down",
        "index where long volatility begins",
    ),
    Key(
        6,
        "rampFullVolBps",
        "bps of 100 % volatility",
        9000,
        1500,
        30_000,
        "down",
        "index where long volatility is full",
    ),
    Key(7, "volatilityTenorDays", "days", 45, 14, 180, "none", "tenor of long volatility"),
    Key(
        8,
        "volatilityPremiumCapBps",
        "bps of book value",
        100,
        0,
        500,
        "up",
        "largest premium of long volatility per plan",
    ),
    Key(9, "tailPutDeltaBps", "delta x 1e4", 1000, 200, 2500, "up", "absolute delta of the tail put"),
    Key(10, "tailTenorDays", "days", 120, 90, 400, "up", "least tenor of the tail put"),
    Key(11, "tailCoverageBps", "bps of the tail loss", 5000, 0, 10_000, "up", "share of the tail loss that is covered"),
    Key(12, "tailPremiumCapBps", "bps of book value", 150, 0, 500, "up", "largest premium of the tail layer per plan"),
    Key(13, "budgetBps", "bps of book value", 300, 0, 1000, "up", "largest premium of the whole overlay per plan"),
    Key(14, "gammaCapBps", "bps of unhedged short gamma", 10_000, 0, 15_000, "down", "largest net short gamma"),
    Key(15, "cvarCapBps", "bps of book value", 3000, 100, 10_000, "down", "largest CVaR95 over 30 days"),
    Key(16, "driftBandBps", "bps", 1000, 0, 10_000, "down", "drift of exposure below which the hedge is held"),
    Key(17, "overlayNotionalCapUsd", "USD", 2_000_000, 0, 500_000_000, "down", "largest notional of all layers"),
)
"""Every governed key, in the order of the contract."""

KEY_IDS: Final = {key.name: key.id for key in KEYS}
"""Number on chain of each key, by name."""


@dataclass(frozen=True)
class Limits:
    """Bound one key's change as the contract does.

    Parameters
    ----------
    min, max : absolute bounds, in the key's unit.
    step_up, step_down : largest rise and fall in one update, in the key's unit, >= 0.
    cooldown_seconds : least time between two updates of the key.
    """

    min: int
    max: int
    step_up: int
    step_down: int
    cooldown_seconds: int


@dataclass(frozen=True)
class LastChange:
    """What a key's last changes leave: when its cooldown began, and how far it may drift until its window ends.

    Parameters
    ----------
    at, window_ends_at : unix seconds.
    least, most : lowest and highest value until the window ends, in the key's unit; the contract says them.
    """

    at: int
    least: int
    most: int
    window_ends_at: int


@dataclass(frozen=True)
class Parameters:
    """Hold one value for every governed key; the defaults are the first values on chain.

    Examples
    --------
    >>> Parameters().ramp_full_vol_bps
    9000
    >>> Parameters.from_values(Parameters().to_values()) == Parameters()
    True
    """

    condor_short_delta_bps: int = 2000
    condor_wing_bps: int = 1000
    condor_tenor_days: int = 7
    condor_size_cap_bps: int = 1000
    condor_notional_cap_usd: int = 500_000
    ramp_start_vol_bps: int = 5500
    ramp_full_vol_bps: int = 9000
    volatility_tenor_days: int = 45
    volatility_premium_cap_bps: int = 100
    tail_put_delta_bps: int = 1000
    tail_tenor_days: int = 120
    tail_coverage_bps: int = 5000
    tail_premium_cap_bps: int = 150
    budget_bps: int = 300
    gamma_cap_bps: int = 10_000
    cvar_cap_bps: int = 3000
    drift_band_bps: int = 1000
    overlay_notional_cap_usd: int = 2_000_000

    @classmethod
    def from_values(cls, values: Sequence[int]) -> Parameters:
        """Build from values in key order. Raises `InvalidParameters` unless there is one integer per key."""
        if len(values) != len(KEYS):
            raise InvalidParameters("number of values", len(values), len(KEYS))
        return cls(*(int(value) for value in values))

    def to_values(self) -> list[int]:
        """Return the values in key order."""
        return list(astuple(self))

    def replaced(self, values: Mapping[int, int]) -> Parameters:
        """Return these parameters with the values of some key ids replaced."""
        return Parameters.from_values([values.get(id_, old) for id_, old in enumerate(self.to_values())])


@dataclass(frozen=True)
class BrokenRule:
    """Name a rule across keys that a tuple breaks: `left` should not exceed (or reach, where strict) `right`."""

    rule: str
    keys: tuple[int, ...]
    left: int
    right: int

    def __str__(self) -> str:
        return f"{self.rule} ({self.left} against {self.right})"


RAMP_WIDTH_BPS: Final = 500
"""Least distance from the ramp's start to its full level: 5 points of volatility."""


def broken_rules(parameters: Parameters) -> tuple[BrokenRule, ...]:
    """Return every cross rule of the contract that `parameters` break, ordered by their lowest key.

    Examples
    --------
    >>> broken_rules(Parameters())
    ()
    """
    p = parameters
    premiums = p.volatility_premium_cap_bps + p.tail_premium_cap_bps
    strict_less = (
        ("condorTenor < volatilityTenor", (2, 7), p.condor_tenor_days, p.volatility_tenor_days),
        ("tailPutDelta < condorShortDelta", (9, 0), p.tail_put_delta_bps, p.condor_short_delta_bps),
    )
    at_most = (
        ("rampStart + 500 <= rampFull", (5, 6), p.ramp_start_vol_bps + RAMP_WIDTH_BPS, p.ramp_full_vol_bps),
        ("volatilityPremiumCap + tailPremiumCap <= budget", (8, 12, 13), premiums, p.budget_bps),
        ("condorNotionalCap <= overlayNotionalCap", (4, 17), p.condor_notional_cap_usd, p.overlay_notional_cap_usd),
        ("volatilityTenor <= tailTenor", (7, 10), p.volatility_tenor_days, p.tail_tenor_days),
        ("condorSizeCap <= tailCoverage", (3, 11), p.condor_size_cap_bps, p.tail_coverage_bps),
    )
    broken = [BrokenRule(*row) for row in at_most if row[2] > row[3]]
    broken += [BrokenRule(*row) for row in strict_less if row[2] >= row[3]]
    return tuple(sorted(broken, key=lambda rule: min(rule.keys)))
