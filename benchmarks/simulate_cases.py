"""Rows of Monte-Carlo simulation: 100,000 paths of 365 steps, as means within their Monte-Carlo error.

Every peer draws other numbers, so a difference is counted in standard errors of the difference of two simulations.
"""

import math
from collections.abc import Callable

import numpy as np

from benchmarks.cases import Case
from hedge.options import Heston
from hedge.simulate.models import GBM, HestonPaths
from hedge.simulate.paths import HedgeTerms, simulate, summarise, track

COUNT, STEPS = 100_000, 365
TOLERANCE = 4.0  # standard errors of the difference: passed by chance 0.006 % of the time each
GBM_NUMBERS = {"spot": 100.0, "vol": 0.6, "strike": 100.0}
HESTON_NUMBERS = {"spot": 100.0, "strike": 100.0, "v0": 0.36, "kappa": 3.0, "theta": 0.36, "xi": 0.9, "rho": -0.5}
LP_NUMBERS = {"spot": 1.0, "vol": 0.6, "lower": 0.8, "upper": 1.25}


def gbm_case() -> Case:
    """An arithmetic Asian call with 365 fixings and the European one, a year: GBM."""
    n = GBM_NUMBERS

    def call() -> dict[str, np.ndarray]:
        found = summarise(GBM(n["spot"], n["vol"]), STEPS, STEPS, COUNT, seed=1)
        return {"asian": np.maximum(found.mean - n["strike"], 0.0), "call": np.maximum(found.last - n["strike"], 0.0)}

    return _case("mc_gbm", n, call)


def heston_case() -> Case:
    """A European call after 365 daily steps of Heston's model: Andersen's scheme against what a peer offers.

    Ours draws every variance, and the price once: given the variances its 365 moves sum to one normal.
    """
    n = HESTON_NUMBERS
    model = HestonPaths(n["spot"], Heston(n["v0"], n["kappa"], n["theta"], n["xi"], n["rho"]))

    def call() -> dict[str, np.ndarray]:
        last = simulate(model, STEPS, STEPS, COUNT, seed=1, keep=STEPS)[:, -1]
        return {"call": np.maximum(last - n["strike"], 0.0)}

    return _case("mc_heston", n, call)


def lp_case() -> Case:
    """Profit of a v3 position, alone and with its delta sold at every one of 365 steps of a year."""
    n = LP_NUMBERS
    terms = HedgeTerms(n["lower"], n["upper"], 1)
    high = math.sqrt(n["upper"])

    def call() -> dict[str, np.ndarray]:
        found = track(GBM(n["spot"], n["vol"]), STEPS, STEPS, COUNT, 1, terms)
        root = np.sqrt(np.clip(found.last, n["lower"], n["upper"]))
        value = found.last * (1.0 / root - 1.0 / high) + root - math.sqrt(n["lower"])
        return {"value": value, "hedged": value - found.gain}

    return _case("mc_lp_hedge", n, call)


def _case(row: str, numbers: dict[str, float], call: Callable[[], dict[str, np.ndarray]]) -> Case:
    """Return the row: results are means over the paths, in standard errors of a difference of two simulations."""
    arrays = {name: np.array([value]) for name, value in numbers.items()}
    arrays |= {"count": np.array([COUNT]), "steps": np.array([STEPS])}
    errors = {name: math.sqrt(2.0 / COUNT) * float(np.std(values)) for name, values in call().items()}

    def means(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: np.array([values.mean()]) for name, values in found.items()}

    return Case(row, arrays, call, errors, TOLERANCE, means, rounds=3)


SIMULATE_CASES: dict[str, Callable[[], Case]] = {"mc_gbm": gbm_case, "mc_heston": heston_case, "mc_lp_hedge": lp_case}
