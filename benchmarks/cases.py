"""The rows: their inputs, drawn with a fixed seed, this project's call, and how near a peer's numbers must be."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hedge import amm, options
from hedge.amm import ticks

SIZE = 1_000_000
Arrays = dict[str, np.ndarray]


class Case(NamedTuple):
    """One row: inputs for everybody, our call, and per result the unit in which differences are counted."""

    id: str
    arrays: Arrays
    call: Callable[[], Any]
    units: dict[str, np.ndarray | float]
    tolerance: float  # in units
    columns: Callable[[Any], dict[str, np.ndarray]] = dict  # of what the call returns; not timed
    rounds: int = 7
    calls: int = 3  # of a turn, whose best counts: what a machine at rest would show
    facts: str = ""  # what else was counted of one call, in words


def option_arrays() -> Arrays:
    """Draw a million options within three standard deviations, a week to two years, 10 to 100 % volatility."""
    draw = np.random.default_rng(20_240_501)
    a = {"spot": draw.uniform(50.0, 150.0, SIZE), "expiry": draw.uniform(0.02, 2.0, SIZE)}
    a["vol"], a["rate"] = draw.uniform(0.1, 1.0, SIZE), draw.uniform(0.0, 0.08, SIZE)
    a["dividend"], a["call"] = draw.uniform(0.0, 0.05, SIZE), draw.random(SIZE) < 0.5
    deviations = draw.normal(0.0, 1.0, SIZE).clip(-3.0, 3.0)
    a["strike"] = a["spot"] * np.exp(deviations * a["vol"] * np.sqrt(a["expiry"]))
    a["count"] = np.array([SIZE])
    return a


def greeks_case() -> Case:
    """Price, delta, gamma, vega, theta and rho of a million options; financepy's are good to 4e-6, hence 1e-5."""
    a = option_arrays()
    carry = a["rate"] - a["dividend"]

    def call() -> dict[str, np.ndarray]:
        return options.greeks(a["spot"], a["strike"], a["expiry"], a["vol"], a["rate"], carry, a["call"])._asdict()

    units = dict.fromkeys(("price", "vega", "rho"), a["spot"])
    return Case("greeks_1e6", a, call, {**units, "delta": 1.0, "gamma": 1.0, "theta": 10.0 * a["spot"]}, 1e-5)


def iv_case() -> Case:
    """Volatilities of a million out-of-the-money prices. Peers stop at their own tolerances: 1e-3 of volatility."""
    a = option_arrays()
    carry = a["rate"] - a["dividend"]
    a["call"] = a["strike"] > a["spot"] * np.exp(carry * a["expiry"])
    a["price"] = options.price(a["spot"], a["strike"], a["expiry"], a["vol"], a["rate"], carry, a["call"])

    def call() -> dict[str, np.ndarray]:
        found = options.implied_vol(a["price"], a["spot"], a["strike"], a["expiry"], a["rate"], carry, a["call"])
        return {"vol": found}

    return Case("iv_1e6", a, call, {"vol": 1.0}, 1e-3)


def lp_case() -> Case:
    """Value, delta and gamma of a million positions, from ticks. Peers' 1.0001**(t/2) and integers: 1e-9 of both."""
    draw = np.random.default_rng(20_240_502)
    lower = (draw.integers(-5_000, 5_000, SIZE) // 60 * 60).astype(np.int32)
    upper = (lower + 60 * draw.integers(1, 200, SIZE)).astype(np.int32)
    price, liquidity = np.exp(draw.uniform(-0.5, 1.0, SIZE)), draw.uniform(1.0, 1e6, SIZE)
    a = {"price": price, "liquidity": liquidity, "lower": lower, "upper": upper, "count": np.array([SIZE])}

    def call() -> dict[str, np.ndarray]:
        return amm.tick_position_greeks(price, liquidity, lower, upper)._asdict()

    # A price within a rounding of an edge may fall on either side of it: gamma is compared where it cannot.
    return Case("lp_1e6", a, call, {"value": liquidity, "delta": liquidity}, 1e-9)


def curve_case() -> Case:
    """Totals of ten thousand positions at a thousand prices."""
    draw = np.random.default_rng(20_240_503)
    lower = draw.integers(-5_000, 5_000, 10_000) // 60 * 60
    upper = lower + 60 * draw.integers(1, 200, 10_000)
    a = {"prices": np.exp(np.linspace(-1.0, 2.0, 1_000)), "book_liquidity": draw.uniform(1.0, 1e6, 10_000)}
    a |= {"book_lower": ticks.sqrt_prices(lower) ** 2, "book_upper": ticks.sqrt_prices(upper) ** 2}
    a["count"] = np.array([SIZE])

    def call() -> dict[str, np.ndarray]:
        return amm.book_curve(a["prices"], a["book_liquidity"], a["book_lower"], a["book_upper"])._asdict()

    scale = float(a["book_liquidity"].sum())
    return Case("book_curve_1e4x1e3", a, call, {"value": scale, "delta": scale, "gamma": scale}, 1e-12)


CASES: dict[str, Callable[[], Case]] = {
    "greeks_1e6": greeks_case,
    "iv_1e6": iv_case,
    "lp_1e6": lp_case,
    "book_curve_1e4x1e3": curve_case,
}
