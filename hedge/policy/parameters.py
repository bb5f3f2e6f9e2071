"""The governed parameters: 24 integers that a DAO votes on, their bounds and the rules that bind them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Final, Literal, NamedTuple

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
    Key(0, "benchmark", "0 USD, 1 deposited, 2 half and half", 0, 0, 2, "none", "what a loss is counted against"),
    Key(1, "horizonDays", "days", 7, 3, 30, "none", "time to the next plan, over which the tail is measured"),
    Key(
        2,
        "targetCvarBps",
        "bps of book value",
        300,
        0,
        5000,
        "down",
        "CVaR95 over the horizon below which no more is spent",
    ),
    Key(3, "cashBudgetBps", "bps of book value", 250, 0, 2000, "up", "most cash in options"),
    Key(4, "costBudgetBps", "bps of book value", 70, 0, 1000, "up", "most expected cost in 30 days"),
    Key(
        5,
        "turnoverCapBps",
        "bps of book value",
        1000,
        0,
        10_000,
        "up",
        "most cash of options that one plan buys and sells",
    ),
    Key(6, "deltaShareBps", "bps of the book's delta", 5000, 0, 10_000, "up", "most of the delta that layer 0 sells"),
    Key(7, "gammaCapBps", "bps of bought gamma", 10_000, 0, 15_000, "down", "most gamma that is sold"),
    Key(8, "rehedgeBps", "bps of CVaR95", 100, 0, 5000, "down", "least cut of CVaR95 that is worth a trade"),
    Key(
        9,
        "overlayNotionalCapBps",
        "bps of book value",
        20_000,
        0,
        60_000,
        "up",
        "largest notional of all layers together",
    ),
    Key(
        10,
        "condorShortDeltaBps",
        "delta x 1e4",
        2000,
        1000,
        3500,
        "down",
        "largest absolute delta of a leg that is sold",
    ),
    Key(11, "condorWingBps", "bps of spot", 1000, 200, 3000, "down", "largest distance from a sold leg to its wing"),
    Key(12, "condorTenorDays", "days", 21, 3, 60, "none", "longest tenor of the condor"),
    Key(13, "condorNotionalCapBps", "bps of book value", 1000, 0, 10_000, "down", "largest notional of the condors"),
    Key(14, "regimePolicy", "0 steady, 1 scale in, 2 scale out", 0, 0, 2, "none", "how protection follows the regime"),
    Key(15, "volatilityPremiumCapBps", "bps of book value", 200, 0, 2000, "up", "most cash in layer 2"),
    Key(16, "volatilityLeastDays", "days", 5, 3, 90, "none", "shortest tenor that layer 2 buys"),
    Key(17, "volatilityMostDays", "days", 45, 7, 180, "none", "longest tenor that layer 2 buys"),
    Key(
        18,
        "volatilityMostDeltaBps",
        "delta x 1e4",
        6000,
        2500,
        8000,
        "none",
        "largest absolute delta that layer 2 buys",
    ),
    Key(19, "tailPremiumCapBps", "bps of book value", 200, 0, 2000, "up", "most cash in layer 3"),
    Key(20, "tailLeastDays", "days", 5, 3, 90, "none", "shortest tenor that layer 3 buys"),
    Key(21, "tailMostDays", "days", 100, 7, 400, "none", "longest tenor that layer 3 buys"),
    Key(22, "tailLeastDeltaBps", "delta x 1e4", 500, 100, 2500, "up", "least absolute delta of a tail put"),
    Key(
        23,
        "tailMostDeltaBps",
        "delta x 1e4",
        3000,
        500,
        5000,
        "up",
        "where the tail ends and layer 2 begins, absolute delta",
    ),
)
"""Every governed key, in the order of the contract."""

KEY_IDS: Final = {key.name: key.id for key in KEYS}
"""Number on chain of each key, by name."""

LEG_KEYS: Final = frozenset(
    (
        "deltaShareBps", "condorShortDeltaBps", "condorWingBps", "condorTenorDays", "condorNotionalCapBps",
        "volatilityPremiumCapBps", "volatilityLeastDays", "volatilityMostDays", "volatilityMostDeltaBps",
        "tailPremiumCapBps", "tailLeastDays", "tailMostDays", "tailLeastDeltaBps", "tailMostDeltaBps",
    )
)  # fmt: skip
"""Keys that bound the legs on one asset: a ledger of its own may state them for it. All others are of the whole book:
goal, budgets, gamma cap, notional and regime."""


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
    at, window_ends_at : unix seconds; one cooldown after `at` the key may change again. Where a vote shortened the
    cooldown, the longer one before still runs, and `at` is that much later.
    least, most : lowest and highest value until the window ends, in the key's unit; the contract says them.
    """

    at: int
    least: int
    most: int
    window_ends_at: int


@dataclass(frozen=True)
class Parameters:
    """Hold one value for every governed key; the defaults are the first values on chain.

    Raises
    ------
    InvalidParameters : a value is no integer within its key's absolute bounds, which no deployment can pass either.

    Examples
    --------
    >>> Parameters().cash_budget_bps
    250
    >>> Parameters.from_values(Parameters().to_values()) == Parameters()
    True
    """

    benchmark: int = 0
    horizon_days: int = 7
    target_cvar_bps: int = 300
    cash_budget_bps: int = 250
    cost_budget_bps: int = 70
    turnover_cap_bps: int = 1000
    delta_share_bps: int = 5000
    gamma_cap_bps: int = 10_000
    rehedge_bps: int = 100
    overlay_notional_cap_bps: int = 20_000
    condor_short_delta_bps: int = 2000
    condor_wing_bps: int = 1000
    condor_tenor_days: int = 21
    condor_notional_cap_bps: int = 1000
    regime_policy: int = 0
    volatility_premium_cap_bps: int = 200
    volatility_least_days: int = 5
    volatility_most_days: int = 45
    volatility_most_delta_bps: int = 6000
    tail_premium_cap_bps: int = 200
    tail_least_days: int = 5
    tail_most_days: int = 100
    tail_least_delta_bps: int = 500
    tail_most_delta_bps: int = 3000

    def __post_init__(self) -> None:
        for key, value in zip(KEYS, astuple(self), strict=True):
            if not (isinstance(value, int) and key.least <= value <= key.most):
                raise InvalidParameters(key.name, value, f"a whole number from {key.least} to {key.most} ({key.unit})")

    @classmethod
    def from_values(cls, values: Sequence[int]) -> Parameters:
        """Build from values in key order. Raises `InvalidParameters` unless there is one integer per key."""
        if len(values) != len(KEYS):
            raise InvalidParameters("number of values", len(values), len(KEYS))
        return cls(*(value if isinstance(value, float) else int(value) for value in values))

    def to_values(self) -> list[int]:
        """Return the values in key order."""
        return list(astuple(self))

    def with_legs_of(self, other: Parameters) -> Parameters:
        """Return these parameters with the keys that bound one asset's legs from another ledger.

        Examples
        --------
        >>> Parameters().with_legs_of(Parameters(horizon_days=14, delta_share_bps=0)).delta_share_bps
        0
        >>> Parameters().with_legs_of(Parameters(horizon_days=14, delta_share_bps=0)).horizon_days
        7
        """
        values = other.to_values()
        return self.replaced({KEY_IDS[name]: values[KEY_IDS[name]] for name in LEG_KEYS})

    def replaced(self, values: Mapping[int, int]) -> Parameters:
        """Return these parameters with the values of some key ids replaced."""
        return Parameters.from_values([values.get(id_, old) for id_, old in enumerate(self.to_values())])


class OwnTerms(NamedTuple):
    """What a ledger of its own says of one asset: its values, and what bounds their change; see `propose_update`."""

    parameters: Parameters
    limits: Mapping[int, Limits] | None = None
    last_changes: Mapping[int, LastChange] | None = None


@dataclass(frozen=True)
class BrokenRule:
    """Name a rule across keys that a tuple breaks: `left` should not exceed (or reach, where strict) `right`."""

    rule: str
    keys: tuple[int, ...]
    left: int
    right: int

    def __str__(self) -> str:
        return f"{self.rule} ({self.left} against {self.right})"


def broken_rules(parameters: Parameters) -> tuple[BrokenRule, ...]:
    """Return every cross rule of the contract that `parameters` break, ordered by their lowest key.

    Examples
    --------
    >>> broken_rules(Parameters())
    ()
    """
    p = parameters
    reach = min(p.volatility_most_days, p.tail_most_days)
    at_most = (
        ("costBudget <= cashBudget", (3, 4), p.cost_budget_bps, p.cash_budget_bps),
        ("volatilityPremiumCap <= cashBudget", (3, 15), p.volatility_premium_cap_bps, p.cash_budget_bps),
        ("tailPremiumCap <= cashBudget", (3, 19), p.tail_premium_cap_bps, p.cash_budget_bps),
        ("horizon <= volatilityMostDays and tailMostDays", (1, 17, 21), p.horizon_days, reach),
        ("condorShortDelta <= tailMostDelta", (10, 23), p.condor_short_delta_bps, p.tail_most_delta_bps),
    )
    strict_less = (
        ("volatilityLeastDays < volatilityMostDays", (16, 17), p.volatility_least_days, p.volatility_most_days),
        ("tailLeastDays < tailMostDays", (20, 21), p.tail_least_days, p.tail_most_days),
        ("tailLeastDelta < tailMostDelta", (22, 23), p.tail_least_delta_bps, p.tail_most_delta_bps),
        ("tailMostDelta < volatilityMostDelta", (18, 23), p.tail_most_delta_bps, p.volatility_most_delta_bps),
    )
    broken = [BrokenRule(*row) for row in at_most if row[2] > row[3]]
    broken += [BrokenRule(*row) for row in strict_less if row[2] >= row[3]]
    return tuple(sorted(broken, key=lambda rule: min(rule.keys)))
