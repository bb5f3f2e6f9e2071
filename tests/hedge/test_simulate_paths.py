"""Paths: the same bits however work is split, models against their closed forms, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, poisson

from hedge import options
from hedge.errors import BadInput
from hedge.options import Heston
from hedge.simulate import counter_kernel, estimates
from hedge.simulate.columns import PathModel
from hedge.simulate.counter_kernel import N
from hedge.simulate.history import FilteredHistory, Garch, StationaryBootstrap
from hedge.simulate.models import GBM, HestonPaths, Merton, Regimes
from hedge.simulate.paths import HedgeTerms, simulate, summarise, track
from hedge.units import YEAR_DAYS

pytestmark = pytest.mark.unit

MIX = [[1.0, 0.6], [0.6, 1.0]]
CALM = Heston(v0=0.3, kappa=3.0, theta=0.36, vol_of_vol=0.9, rho=-0.4)
WILD = Heston(v0=0.09, kappa=0.5, theta=0.06, vol_of_vol=0.9, rho=-0.4)
RETURNS = 0.04 * np.random.default_rng(3).standard_t(4, (300, 2))
MODELS: dict[str, PathModel] = {
    "gbm": GBM(2_000.0, 0.6, 0.1),
    "two gbm": GBM([2_000.0, 50_000.0], [0.6, 0.5], correlation=MIX),
    "heston": HestonPaths(2_000.0, CALM),
    "two heston": HestonPaths([100.0, 50.0], [CALM, WILD], correlation=MIX),
    "merton": Merton(2_000.0, 0.5, 12.0, -0.05, 0.1),
    "two merton": Merton([100.0, 50.0], 0.5, 12.0, [-0.05, 0.0], 0.1, correlation=MIX),
    "regimes": Regimes(2_000.0, [0.4, 1.1], [[0.0, 6.0], [20.0, 0.0]]),
    "filtered": FilteredHistory.fit([100.0, 50.0], RETURNS, Garch(1e-5, 0.08, 0.9)),
    "bootstrap": StationaryBootstrap([100.0, 50.0], RETURNS, mean_block=8.0),
}
MONTH = (30.0, 30)


def within(found: estimates.Estimate, expected: float, errors: float = 3.0) -> bool:
    return abs(found.value - expected) <= errors * found.error


@pytest.mark.parametrize("name", MODELS)
def test_simulate__one_call_chunks_and_threads__same_bits(name: str) -> None:
    model, size = MODELS[name], 700
    whole = simulate(model, *MONTH, size, seed=5)
    assert np.all(np.isfinite(whole) & (whole > 0.0))
    np.testing.assert_array_equal(simulate(model, *MONTH, size, seed=5, parallel=False), whole)
    starts = (0, 1, 256, 259, 600)
    with ThreadPoolExecutor(3) as pool:
        parts = list(
            pool.map(lambda at, end: simulate(model, *MONTH, end - at, seed=5, first=at), starts, (*starts[1:], size))
        )
    np.testing.assert_array_equal(np.concatenate(parts, axis=-2), whole)


@pytest.mark.parametrize("name", MODELS)
def test_simulate__shorter__the_same_path(name: str) -> None:
    whole = simulate(MODELS[name], 30.0, 30, 300, seed=2, first=2**33)
    np.testing.assert_array_equal(simulate(MODELS[name], 22.0, 22, 300, 2, 2**33), whole[..., :23])


@pytest.mark.parametrize("name", [name for name in MODELS if name != "heston"])
def test_simulate__thinned__the_same_path(name: str) -> None:
    whole = simulate(MODELS[name], 30.0, 30, 300, seed=2, first=2**33)
    np.testing.assert_array_equal(simulate(MODELS[name], 30.0, 30, 300, seed=2, first=2**33, keep=5), whole[..., ::5])


def heston_by_hand(model: HestonPaths, steps: int, keep: int) -> np.ndarray:
    """Return prices of 256 paths of seed 7: numpy, a step at a time, one normal of the price for each one kept."""
    row = model.columns(1.0 / YEAR_DAYS).numbers[0]
    spot, v0, decay, reverted, spread, floor, constant, before, after, rest, *_ = row
    paths = np.arange(N, dtype=np.uint64)

    def normals(step: int, stream: int) -> np.ndarray:
        place = [np.full(N, number, dtype=np.uint64) for number in (0, step // 4, stream, 7, 0)]
        a, b, c, d = counter_kernel.philox(paths, *place)
        pair = (a, b) if step % 4 < 2 else (c, d)
        drawn = counter_kernel.turned(counter_kernel.radius(*pair), pair[1])
        return np.asarray(drawn[step % 2])

    v, log, waiting, prices = np.full(N, v0), np.zeros(N), np.zeros(N), [np.full(N, spot)]
    for step in range(steps):
        mean, variance = reverted + decay * v, floor + spread * v
        calm = np.sqrt(np.maximum(mean**2 - 0.5 * variance, 0.0))
        y = normals(step, 1)
        new = (np.sqrt(calm) + np.sqrt(mean - calm) * y) ** 2
        psi = variance / mean**2
        chance = np.where(y > 0.0, norm.sf(np.abs(y)), norm.cdf(np.abs(y)))  # of a greater normal
        tail = 0.5 * mean * (psi + 1.0) * np.maximum(-np.log(chance * (psi + 1.0) / 2.0), 0.0)
        new = np.where(psi > 1.5, tail, new)
        log, waiting, v = log + constant + before * v + after * new, waiting + rest * (v + new), new
        if (step + 1) % keep == 0:
            log, waiting = log + np.sqrt(waiting) * normals(step, 0), np.zeros(N)
            prices.append(spot * np.exp(log))
    return np.array(prices).T


@pytest.mark.parametrize("variance", [CALM, WILD], ids=["calm", "wild"])
@pytest.mark.parametrize("keep", [1, 2, 5, 6, 15, 30])
def test_heston__any_thinning__a_plain_loop_with_a_normal_for_each_price_kept(variance: Heston, keep: int) -> None:
    model = HestonPaths(2_000.0, variance, drift=0.1)
    found = simulate(model, *MONTH, N, seed=7, keep=keep)
    np.testing.assert_allclose(found, heston_by_hand(model, MONTH[1], keep), rtol=1e-9)


def test_heston__thinned__moments_and_joint_law_of_whole_paths() -> None:
    model, count = HestonPaths(2_000.0, WILD), 40_000
    whole = np.log(simulate(model, *MONTH, count, seed=3)[:, ::10] / 2_000.0)
    thinned = np.log(simulate(model, *MONTH, count, seed=4, keep=10) / 2_000.0)
    for power in ((1, 0), (0, 1), (2, 0), (0, 2), (1, 1), (2, 2), (3, 0), (4, 0)):
        one, other = ((x[:, 1] ** power[0]) * ((x[:, 3] - x[:, 1]) ** power[1]) for x in (whole, thinned))
        error = np.sqrt((one.var() + other.var()) / count)
        assert abs(one.mean() - other.mean()) < 4.0 * error, power


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("steps", [3, 30])
def test_summarise__any_model__what_whole_paths_say(name: str, steps: int) -> None:
    paths = simulate(MODELS[name], steps, steps, 300, seed=9)
    found = summarise(MODELS[name], steps, steps, 300, seed=9)
    np.testing.assert_array_equal(found.last, paths[..., -1])
    np.testing.assert_array_equal(found.low, paths.min(axis=-1))
    np.testing.assert_array_equal(found.high, paths.max(axis=-1))
    np.testing.assert_allclose(found.mean, paths[..., 1:].mean(axis=-1), rtol=1e-14)
    squares = np.sum(np.diff(np.log(paths), axis=-1) ** 2, axis=-1)
    np.testing.assert_allclose(found.squares, squares, rtol=1e-10, atol=1e-15)


def test_simulate__other_seed_or_path__other_numbers() -> None:
    model = MODELS["gbm"]
    first = simulate(model, *MONTH, 50, seed=1)[:, -1]
    assert len(np.unique(np.concatenate([first, simulate(model, *MONTH, 50, seed=2)[:, -1]]))) == 100
    assert len(np.unique(simulate(model, *MONTH, 50, seed=2**64 - 1, first=2**40)[:, 1:])) == 50 * 30


def test_gbm__log_returns__moments_of_the_model() -> None:
    count, steps = 20_000, 12
    paths = simulate(GBM(100.0, 0.6, 0.2), 36.5, steps, count, seed=4)
    returns = np.diff(np.log(paths), axis=1)
    step = 0.1 / steps
    z = (returns - (0.2 - 0.18) * step) / (0.6 * np.sqrt(step))
    assert abs(z.mean()) < 4.0 / np.sqrt(z.size)
    assert abs(np.mean(z**2) - 1.0) < 4.0 * np.sqrt(2.0 / z.size)
    assert abs(np.mean(z**4) - 3.0) < 4.0 * np.sqrt(96.0 / z.size)
    assert np.all(np.abs(np.corrcoef(z.T) - np.eye(steps)) < 4.5 / np.sqrt(count))


def test_gbm__closed_forms__within_three_standard_errors(vectors: Path) -> None:
    table = json.loads((vectors / "options" / "gbm_closed_forms.json").read_text())
    market = {name: float(table["market"][name]) for name in ("spot", "rate", "volatility", "maturity")}
    discount = np.exp(-market["rate"] * market["maturity"])
    count = 100_000
    model = GBM(market["spot"], market["volatility"], market["rate"])
    last = simulate(model, YEAR_DAYS * market["maturity"], 32, count, seed=11, keep=32)[:, -1]
    checked = 0
    for case in table["cases"]:
        sign = 1.0 if case.get("option_type") == "call" else -1.0
        if case["instrument"] == "european_option":
            paid = np.maximum(sign * (last - float(case["strike"])), 0.0)
        elif case["instrument"] == "binary_option":
            paid = float(case["cash_amount"]) * (sign * (last - float(case["strike"])) > 0.0)
        else:
            continue
        checked += 1
        assert within(estimates.mean(discount * paid), float(case["value"])), case
    assert checked >= 6


@pytest.mark.parametrize(("name", "maturity"), [("moderate", 0.25), ("moderate", 1.0), ("fast", 0.25), ("heavy", 0.25)])
def test_heston__prices_of_the_table__within_three_standard_errors(vectors: Path, name: str, maturity: float) -> None:
    table = json.loads((vectors / "options" / "heston_prices.json").read_text())
    parameters = Heston(**table["parameter_sets"][name])
    steps = round(maturity * YEAR_DAYS)
    last = simulate(HestonPaths(table["forward"], parameters), steps, steps, 40_000, seed=21, keep=steps)[:, -1]
    assert within(estimates.mean(last), table["forward"])
    for case in table["cases"]:
        if (case["parameters"], case["maturity"], case["formulation"]) == (name, maturity, "lewis"):
            sign = 1.0 if case["is_call"] else -1.0
            for strike, coded in zip(table["strikes"], case["prices_hex"], strict=True):
                paid = table["discount"] * np.maximum(sign * (last - strike), 0.0)
                # Where no path pays there is no standard error: one path that did would be worth this much.
                rare = table["discount"] * strike / last.size
                found = estimates.mean(paid)
                assert abs(found.value - float.fromhex(coded)) <= 3.0 * found.error + rare, (strike, sign)


def test_heston__variance__mean_and_leverage_of_the_model() -> None:
    found = summarise(HestonPaths(100.0, CALM), 90.0, 90, 20_000, seed=3)
    step = 1.0 / YEAR_DAYS
    expected = float(CALM.mean_variance(90.0 * step))
    # Squared returns hold the variance and a drift of order step^2 v^2 / 4, below 1e-3 of it here.
    assert within(estimates.mean(found.squares), expected, 3.0 + 1e-3 * expected / estimates.mean(found.squares).error)
    change = np.corrcoef(np.log(found.last), found.squares)[0, 1]
    assert change < -0.1


def test_merton__puts_and_calls__series_of_black_prices() -> None:
    model = Merton(100.0, 0.5, 12.0, -0.05, 0.1)
    last, years = simulate(model, 73.0, 73, 100_000, seed=6, keep=73)[:, -1], 0.2
    growth = np.exp(-0.05 + 0.005)
    n = np.arange(60)
    weights = poisson.pmf(n, 12.0 * years)
    forwards = 100.0 * np.exp(-12.0 * years * (growth - 1.0)) * growth**n
    vols = np.sqrt(0.25 + n * 0.01 / years)
    for strike, is_call in ((80.0, False), (100.0, True), (130.0, True)):
        expected = float(weights @ options.price(forwards, strike, years, vols, is_call=is_call))
        paid = np.maximum((last - strike) if is_call else (strike - last), 0.0)
        assert within(estimates.mean(paid), expected), strike


@pytest.mark.parametrize("name", ["two gbm", "two heston", "two merton"])
def test_two_assets__daily_returns__correlate_as_asked(name: str) -> None:
    paths = simulate(MODELS[name], *MONTH, 4_000, seed=8)
    returns = np.diff(np.log(paths), axis=2).reshape(2, -1)
    # Heston: both paths' variances move, which thins the information; jumps of other sizes thin the correlation.
    room = {"two gbm": 0.0, "two heston": 0.03, "two merton": 0.03}[name]
    assert abs(np.corrcoef(returns)[0, 1] - 0.6) < 4.0 * (1.0 - 0.36) / np.sqrt(returns.shape[1]) + room


def test_two_assets__perfect_correlation__one_path_and_its_double() -> None:
    found = simulate(GBM([1.0, 2.0], 0.6, correlation=[[1.0, 1.0], [1.0, 1.0]]), *MONTH, 100, seed=1)
    np.testing.assert_allclose(found[1], 2.0 * found[0], rtol=1e-13)


def test_regimes__shares_and_persistence__those_of_the_chain() -> None:
    rates = [[0.0, 6.0], [20.0, 0.0]]
    found = summarise(Regimes(100.0, [0.4, 1.1], rates), 365.0, 365, 10_000, seed=13)
    stay = 20.0 / 26.0
    variance = estimates.mean(found.squares)
    assert within(variance, stay * 0.16 + (1.0 - stay) * 1.21, 3.0 + 0.003 / variance.error)
    assert within(estimates.mean(found.last), 100.0)
    # Where nothing switches the state of the start lasts: two volatilities side by side.
    still = summarise(Regimes(1.0, [0.4, 1.1], np.zeros((2, 2)), first=[0.25, 0.75]), 365.0, 365, 4_000, seed=13)
    low = np.mean(still.squares < 0.6)
    assert abs(low - 0.25) < 4.0 * np.sqrt(0.1875 / 4_000)
    # The variance of a path's variance: 2 a b d^2 (t / r - (1 - exp(-r t)) / r^2) of a two-state chain, and noise.
    r, d = 26.0, 1.21 - 0.16
    between = 2.0 * stay * (1.0 - stay) * d**2 * (1.0 / r - (1.0 - np.exp(-r)) / r**2)
    noise = 2.0 * (stay * 0.16**2 + (1.0 - stay) * 1.21**2) / 365.0
    assert np.var(found.squares) == pytest.approx(between + noise, rel=0.08)


def test_track__any_step__what_whole_paths_say() -> None:
    model, terms = MODELS["merton"], HedgeTerms(1_700.0, 2_400.0, 3, (0.9, 0.8, 1.1, 1.2), 7, 4)
    paths = simulate(model, *MONTH, 300, seed=17)
    found = track(model, *MONTH, 300, seed=17, terms=terms)
    at = [*range(0, 30, 3), 30]
    root = np.sqrt(np.clip(paths[:, at], 1_700.0, 2_400.0))
    held = 1.0 / root[:, :-1] - 2_400.0**-0.5
    np.testing.assert_allclose(found.gain, np.sum(held * np.diff(paths[:, at], axis=1), axis=1), rtol=1e-10, atol=1e-11)
    traded = np.abs(np.diff(held, axis=1, prepend=0.0, append=0.0))
    np.testing.assert_allclose(found.turnover, np.sum(traded * paths[:, at], axis=1), rtol=1e-12)
    entry, exit_ = paths[:, 0:28:7], paths[:, 7:29:7]
    owed = np.maximum(0.9 * entry - exit_, 0.0) - np.maximum(0.8 * entry - exit_, 0.0)
    owed += np.maximum(exit_ - 1.1 * entry, 0.0) - np.maximum(exit_ - 1.2 * entry, 0.0)
    np.testing.assert_allclose(found.paid, owed.sum(axis=1), rtol=1e-12, atol=1e-12 * 2_000.0)
    np.testing.assert_allclose(found.entered, entry.sum(axis=1), rtol=1e-14)
    np.testing.assert_array_equal(found.last, paths[:, -1])


def test_simulate__no_paths_and_several_assets__shapes() -> None:
    assert simulate(MODELS["gbm"], *MONTH, 0, seed=1).shape == (0, 31)
    assert simulate(MODELS["two gbm"], *MONTH, 5, seed=1, keep=30).shape == (2, 5, 2)
    assert summarise(MODELS["two gbm"], *MONTH, 5, seed=1).low.shape == (2, 5)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("vol", lambda: GBM(1.0, -0.1)),
        ("vol", lambda: GBM(1.0, np.nan)),
        ("spot", lambda: GBM(0.0, 0.6)),
        ("drift", lambda: GBM([1.0, 2.0], 0.6, [0.1, 0.2, 0.3])),
        ("correlation", lambda: GBM([1.0, 2.0], 0.6, correlation=[[1.0, 1.1], [1.1, 1.0]])),
        ("correlation", lambda: GBM([1.0, 2.0], 0.6, correlation=[[1.0, 0.5], [0.4, 1.0]])),
        ("correlation", lambda: GBM([1.0, 2.0], 0.6, correlation=np.eye(3))),
        ("correlation", lambda: HestonPaths([1.0, 2.0], [CALM, Heston(0.1, 1.0, 0.1, 0.5, 0.9)], correlation=MIX)),
        ("variance", lambda: HestonPaths([1.0, 2.0], [CALM])),
        ("jumps", lambda: Merton(1.0, 0.5, -1.0, 0.0, 0.1)),
        ("jumps", lambda: simulate(Merton(1.0, 0.5, 5_000.0, 0.0, 0.1), *MONTH, 1, 1)),
        ("rates", lambda: Regimes(1.0, [0.4, 1.1], [[0.0, -1.0], [1.0, 0.0]])),
        ("first", lambda: Regimes(1.0, [0.4, 1.1], [[0.0, 1.0], [1.0, 0.0]], first=[0.5, 0.6])),
        ("days", lambda: simulate(GBM(1.0, 0.6), 0.0, 30, 1, 1)),
        ("steps", lambda: simulate(GBM(1.0, 0.6), 30.0, 0, 1, 1)),
        ("keep", lambda: simulate(GBM(1.0, 0.6), 30.0, 30, 1, 1, keep=7)),
        ("seed", lambda: simulate(GBM(1.0, 0.6), 30.0, 30, 1, -1)),
        ("count", lambda: simulate(GBM(1.0, 0.6), 30.0, 30, -1, 1)),
        ("first", lambda: simulate(GBM(1.0, 0.6), 30.0, 30, 1, 1, first=-1)),
        ("model", lambda: simulate(GBM(1.0, 40.0), 3_650.0, 365, 10, 1)),
        ("model", lambda: track(GBM([1.0, 2.0], 0.6), *MONTH, 10, 1, HedgeTerms(0.8, 1.2, 1))),
        ("rolls", lambda: track(GBM(1.0, 0.6), *MONTH, 10, 1, HedgeTerms(0.8, 1.2, 1, roll_every=7, rolls=5))),
        ("lower", lambda: HedgeTerms(1.2, 0.8, 1)),
        ("condor", lambda: HedgeTerms(0.8, 1.2, 1, (0.8, 0.9, 1.1, 1.2))),
    ],
)
def test_simulate__outside_its_domain__bad_input_names_it(name: str, refused: Callable[[], Any]) -> None:
    with pytest.raises(BadInput) as caught:
        refused()
    assert caught.value.name == name
