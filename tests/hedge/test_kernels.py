"""Bulk option kernels against the arrays' path, 50-digit numbers, and what numpy's path promises about edges."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest

from hedge import options
from hedge.amm import kernels as position_kernels
from hedge.errors import BadInput, NoImpliedVol
from hedge.numerics import jit, kernel_rows
from hedge.options import bulk, european, implied, scalar

pytestmark = pytest.mark.unit

EPS = np.finfo(float).eps
MANY = 3 * jit.BULK_OPTIONS
NAMES = ("price", "delta", "gamma", "vega", "theta", "rho")

# Spot 100, expiry 1, no rates: strike, vol, is_call, then the six results from 50 digits (mpmath). 3 to 8 deviations.
WINGS = [
    (116.183424, 0.05, True, 0.0020590336585968854, 0.0014649429635126476, 0.000955105448866757, 0.4775527244333785,
     -0.011938818110834463, 0.14443526269266788),
    (149.18247, 0.05, True, 4.609554502648224e-16, 7.619039103753831e-16, 1.2337856377786368e-15,
     6.168928188893185e-13, -1.542232047223296e-14, 7.572943558727349e-14),
    (53.526143, 0.125, False, 4.88024015112644e-07, -2.0689705673120648e-07, 8.684679996695664e-08,
     0.0001085584999586958, -6.784906247418487e-06, -2.1177729688233292e-05),
    (738.90561, 0.25, True, 5.09213086994424e-15, 1.7037142837446516e-15, 5.4506486790601215e-16,
     1.3626621697650304e-12, -1.703327712206288e-13, 1.652792975045209e-13),
    (4.978707, 0.5, False, 1.6932149792578846e-09, -2.0522642867399005e-10, 2.628004713212964e-11,
     1.314002356606482e-07, -3.285005891516205e-08, -2.2215857846656887e-08),
    (5459.815003, 1.0, True, 0.00471224120186143, 0.0002326290790857818, 8.726826952216588e-06, 0.08726826952216588,
     -0.04363413476108294, 0.018550666706716748),
    (120260428.416478, 2.0, True, 2.3845226121375443e-08, 9.865876450376902e-10, 3.037941424911619e-11,
     6.075882849823238e-07, -6.075882849823238e-07, 7.481353838239357e-08),
    (106.183655, 0.01, True, 1.6111650870425116e-10, 1.0174251753958973e-09, 6.260830557910723e-09,
     6.260830557910723e-07, -3.1304152789553616e-09, 1.0158140103088548e-07),
    (32.627979, 0.14, False, 6.023527150678322e-16, -3.514905499890754e-16, 2.056313483205703e-16,
     2.8788388764879846e-13, -2.0151872135415893e-14, -3.575140771397537e-14),
    (2008.553692, 3.0, True, 56.673799911229274, 0.6914624612926379, 0.0011735510891832902, 35.20653267549871,
     -52.80979901324806, 12.472446218034518),
    (85.214379, 0.02, False, 1.393887102597263e-16, -5.735425009110777e-16, 2.331801551814484e-15,
     4.663603103628968e-13, -4.663603103628968e-15, -5.749363880136751e-14),
]  # fmt: skip


def market(size: int = MANY, rates: bool = False, seed: int = 7) -> list[np.ndarray]:
    """Draw spot, strike, expiry, vol, rate, carry, is_call up to eight standard deviations from the forward."""
    draw = np.random.default_rng(seed)
    spot, expiry, vol = draw.uniform(50, 5_000, size), draw.uniform(0.003, 3, size), draw.uniform(0.05, 2.5, size)
    rate, carry = (draw.uniform(-0.1, 0.2, size) if rates else np.zeros(size) for _ in range(2))
    strike = spot * np.exp(draw.uniform(-8, 8, size) * vol * np.sqrt(expiry) + carry * expiry)
    return [spot, strike, expiry, vol, rate, carry, draw.random(size) < 0.5]


def assert_equal_paths(found: tuple[np.ndarray, ...], plain: tuple[np.ndarray, ...], args: list[np.ndarray]) -> None:
    """Require 1e-13, and what one rounding of the forward moves: eps / s deviations, each worth |d| of the result."""
    spot, strike, expiry, vol, rate, carry, _ = args
    s = vol * np.sqrt(expiry)
    depth = np.abs(np.log(spot / strike) + carry * expiry) / s + 0.5 * s
    moved = np.where((rate == 0.0) & (carry == 0.0), 0.0, 4.0 * EPS * (1.0 + depth) / s)
    for name, ours, other in zip(NAMES, found, plain, strict=False):
        scale = np.abs(other)
        if name == "theta":  # a sum of terms of both signs: relative to the terms
            scale = scale + np.abs(carry - rate) * spot * np.abs(plain[1]) + np.abs(rate / expiry * plain[5])
        assert np.max(np.abs(ours - other) / scale / (1e-13 + moved)) <= 1.0, name


@pytest.mark.parametrize("rates", [False, True])
def test_greeks__bulk__equal_to_the_arrays_path(rates: bool) -> None:
    args = market(rates=rates)
    plain = european._array_greeks(*args)
    assert_equal_paths(options.greeks(*args), plain, args)
    assert_equal_paths((options.price(*args),), plain, args)


def test_greeks__one_option__equal_to_the_arrays_path() -> None:
    args = market(400, rates=True)
    single = [options.greeks(*(float(a[i]) for a in args[:-1]), bool(args[-1][i])) for i in range(400)]
    assert_equal_paths(tuple(np.array(single).T), european._array_greeks(*args), args)


def test_price__one_option__equal_to_its_greeks_price() -> None:
    args = (100.0, 110, 0.5, 0.3, 0.02, 0.01, False)
    assert scalar.applies(args)
    assert options.price(*args) == options.greeks(*args).price


@pytest.mark.parametrize("row", WINGS, ids=lambda row: f"{row[0]:g}-{row[1]:g}")
@pytest.mark.parametrize("copies", [1, jit.BULK_OPTIONS])
def test_greeks__three_to_eight_deviations__fifty_digit_values_to_1e_12(row: tuple[float, ...], copies: int) -> None:
    strike = np.full(copies, row[0]) if copies > 1 else row[0]
    found = options.greeks(100.0, strike, 1.0, row[1], 0.0, 0.0, row[2])
    for ours, exact in zip(found, row[3:], strict=True):
        assert np.max(np.abs(ours / exact - 1.0)) <= 1e-12


def test_implied_vol__one_option__fifty_digit_prices_to_1e_12_without_the_arrays(vectors: Path) -> None:
    table = pd.read_csv(vectors / "options" / "implied_vol_black_lbr_vectors.csv")
    table = table[table["price_float64"] > 1e-290 * table[["F", "K"]].min(axis=1)]  # seven are smaller: the arrays'
    assert len(table) == 2_376
    rows = table[["price_float64", "F", "K", "T"]].itertuples(index=False)
    calls = table["q(+1call,-1put)"] > 0
    for row, is_call, vol in zip(rows, calls, table["sigma"], strict=True):
        args = (*map(float, row), 0.0, 0.0, bool(is_call))
        assert scalar.invertible(args)
        found = scalar.implied_vol(*args)
        assert found is not None
        assert abs(found / vol - 1.0) <= 1e-12


@pytest.mark.parametrize("worth", [0.0, -1.0, 10.0, 99.999999, 100.0, 105.0, np.nan])
@pytest.mark.parametrize("strike", [90.0, 100.0, 110.0])
def test_implied_vol__one_option__limits_are_those_of_the_arrays(worth: float, strike: float) -> None:
    args = (worth, 100.0, strike, 0.5, 0.0, 0.0, True)
    # Close to the bound a price has few digits left of what it lacks: 1e-6 of 90 is known to 1e-8.
    np.testing.assert_allclose(options.implied_vol(*args), implied._array_vols(False, *args)[0], rtol=1e-9)


def test_implied_vol__fifty_digit_prices__both_paths_1e_12_on_every_row(vectors: Path) -> None:
    table = pd.read_csv(vectors / "options" / "implied_vol_black_lbr_vectors.csv")
    args = [table[name].to_numpy() for name in ("price_float64", "F", "K", "T")]
    args += [np.zeros(len(table)), np.zeros(len(table)), (table["q(+1call,-1put)"] > 0).to_numpy()]
    doubled = [np.tile(column, 2) for column in args]
    for found in (options.implied_vol(*doubled)[: len(table)], implied._array_vols(False, *args)[0]):
        assert np.abs(found / table["sigma"] - 1.0).max() <= 1e-12


def test_implied_vol__bulk_up_to_eight_deviations__every_one_found() -> None:
    spot, strike, expiry, vol, *_ = market()
    calls = strike > spot  # the side whose price determines the volatility
    worth = options.price(spot, strike, expiry, vol, is_call=calls)
    found = options.implied_vol(worth, spot, strike, expiry, is_call=calls)
    # Near the money a strike's rounding is eps / s deviations, and the price's own rounding counts once.
    s = vol * np.sqrt(expiry)
    assert np.max(np.abs(found / vol - 1.0) / (1e-13 + 4.0 * EPS / s)) <= 1.0
    plain = implied._array_vols(False, worth, spot, strike, expiry, 0.0, 0.0, calls)[0]
    assert np.max(np.abs(found / plain - 1.0)) <= 1e-13


def test_implied_vol__kernel_alone__leaves_nothing_to_numpy_within_eight_deviations() -> None:
    spot, strike, expiry, vol, rate, carry, _ = market()
    calls = strike > spot
    columns = [options.price(spot, strike, expiry, vol, is_call=calls), spot, strike, expiry, rate, carry, calls]
    assert bulk._kernel("implied_vol")(*columns, np.empty((1, MANY)), 0, MANY) == 0


def test_implied_vol__total_volatility_from_tiny_to_huge__found() -> None:
    s, x = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e-4, 6.0, 80), np.linspace(0.0, 8.0, 40)))
    strike = 100.0 * np.exp(x * s)
    worth = options.price(100.0, strike, 1.0, s)
    vega = options.greeks(100.0, strike, 1.0, s).vega
    condition = np.maximum(worth / (vega * s), 1.0)  # above half of the bound, a price's rounding moves more than 1e-12
    found = options.implied_vol(worth, 100.0, strike, 1.0)
    assert np.all(np.abs(found / s - 1.0) <= (1e-12 + EPS * (1.0 + x) / s) * condition)


def edges() -> list[np.ndarray]:
    """Return ordinary options with every limit among them: no vol, no time, both, the kink, no spot, no strike, NaN."""
    args = market(rates=True)
    args[3][0], args[2][1] = 0.0, 0.0
    args[2][2], args[3][2] = 0.0, 0.0
    args[0][3], args[1][3], args[2][3] = 100.0, 100.0, 0.0
    args[0][4], args[1][5] = 0.0, 0.0
    args[3][6], args[3][7] = 1e-12, 1e4
    args[0][8], args[1][9] = 1e-200, 1e200
    for place in range(6):
        args[place][10 + place] = np.nan
    return args


def test_greeks__limits_and_nan_in_bulk__exactly_the_arrays_path() -> None:
    args = edges()
    found, plain = options.greeks(*args), european._array_greeks(*(a[:16] for a in args))
    for ours, other in zip(found, plain, strict=True):
        np.testing.assert_array_equal(ours[:16], other)
        assert np.isnan(ours[10:16]).all()
        assert not np.isnan(ours[16:]).any()


@pytest.mark.parametrize("name", ["spot", "strike", "expiry", "vol"])
@pytest.mark.parametrize("value", [-1.0, np.inf, -np.inf])
@pytest.mark.parametrize("function", [options.price, options.greeks])
def test_bulk__outside_domain__bad_input_with_the_number(
    function: Callable[..., object], name: str, value: float
) -> None:
    spot, strike, expiry, vol, *_ = market()
    numbers = {"spot": spot, "strike": strike, "expiry": expiry, "vol": vol}
    numbers[name][1_234] = value
    with pytest.raises(BadInput) as caught:
        function(**numbers)
    assert (caught.value.name, caught.value.value) == (name, value)
    numbers[name] = value
    with pytest.raises(BadInput):
        function(**numbers)


@pytest.mark.parametrize("value", ["text", 1j])
def test_bulk__not_a_real_number__bad_input(value: object) -> None:
    with pytest.raises(BadInput):
        options.price(np.full(MANY, 100.0), value, 1.0, 0.2)


def test_bulk__shapes_that_do_not_match__error_as_for_small_arrays() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        options.price(np.full(MANY, 100.0), np.full(MANY + 1, 100.0), 1.0, 0.2)


def test_implied_vol__bulk_with_edges__as_the_arrays_path() -> None:
    spot, strike, expiry, vol, rate, carry, calls = market(rates=True)
    calls = strike > spot * np.exp(carry * expiry)
    worth = options.price(spot, strike, expiry, vol, rate, carry, calls)
    worth[:4] = [0.0, -1.0, np.nan, 1e9]
    expiry[4], spot[5], strike[6] = 0.0, 0.0, 0.0
    found = options.implied_vol(worth, spot, strike, expiry, rate, carry, calls)
    assert found[0] == 0.0
    assert np.isnan(found[1:5]).all()
    np.testing.assert_array_equal(
        found[:7], implied._array_vols(False, *(a[:7] for a in (worth, spot, strike, expiry, rate, carry, calls)))[0]
    )
    assert not np.isnan(found[7:]).any()


def test_implied_vol__bulk_strict__error_with_the_band() -> None:
    worth = np.full(MANY, 5.0)
    worth[77] = 101.0
    with pytest.raises(NoImpliedVol) as caught:
        options.implied_vol(worth, 100.0, 100.0, 1.0, strict=True)
    assert (caught.value.price, caught.value.lower, caught.value.upper) == (101.0, 0.0, 100.0)


def transformed(kind: str, values: np.ndarray) -> np.ndarray:
    """Return the same numbers in another layout."""
    if kind == "strided":
        return np.repeat(values, 2)[::2]
    if kind == "reversed":
        return values[::-1].copy()[::-1]
    if kind == "readonly":
        values = values.copy()
        values.setflags(write=False)
        return values
    return np.asfortranarray(values.reshape(64, -1))


@pytest.mark.parametrize("kind", ["strided", "reversed", "readonly", "fortran"])
def test_bulk__layouts__same_numbers(kind: str) -> None:
    args = market(64 * 1_024)
    expected = options.greeks(*args)
    for ours, other in zip(options.greeks(*(transformed(kind, a) for a in args)), expected, strict=True):
        np.testing.assert_array_equal(ours.reshape(-1), other)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.int8])
def test_bulk__other_number_types__as_their_float64(dtype: type) -> None:
    strike = np.resize(np.arange(90, 111), MANY)
    expected = options.price(100.0, strike.astype(float), 0.5, 0.3)
    np.testing.assert_array_equal(options.price(dtype(100), strike.astype(dtype), 0.5, 0.3), expected)


def test_bulk__broadcast_of_two_axes__shape_and_values() -> None:
    spot, strike = np.linspace(50, 150, 160)[:, np.newaxis], np.linspace(60, 140, 210)
    found = options.greeks(spot, strike, 0.5, 0.3, 0.02, 0.01, [[True]])
    assert {field.shape for field in found} == {(160, 210)}
    row = european._array_greeks(spot[7], strike, 0.5, 0.3, 0.02, 0.01, True)
    np.testing.assert_allclose(found.price[7], row.price, rtol=1e-12)
    assert options.greeks(np.empty((0, 50_000)), 100.0, 1.0, 0.2).rho.shape == (0, 50_000)


def test_bulk__two_threads__same_bits_as_one() -> None:
    args = market(jit.BULK_OPTIONS + 1_001, rates=True)
    out = np.empty((6, args[0].size))
    assert bulk._kernel("greeks")(*args, out, 0, args[0].size) == 0
    np.testing.assert_array_equal(np.array(options.greeks(*args)), out)


def test_small_calls__fresh_interpreter__never_import_the_compiler() -> None:
    code = (
        "import sys, numpy as np\nfrom hedge import amm, options\n"
        "options.greeks(100.0, 110.0, 0.5, 0.3); options.implied_vol(np.full(500, 5.0), 100.0, 100.0, 1.0)\n"
        "options.price(np.full(4096, 100.0), 110.0, 0.5, 0.3); amm.position_greeks(1.0, np.ones(4096))\n"
        "amm.book_curve([1.0, 2.0], np.ones(100)); amm.tick_position_greeks(1.0, 1.0, -60, 60)\n"
        "print('numba' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_compiled__no_folder_for_the_cache__compiles_without(monkeypatch: pytest.MonkeyPatch) -> None:
    real = numba.njit

    def refusing(*args: object, cache: bool = False, **keywords: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(*args, **keywords)

    monkeypatch.setattr(numba, "njit", refusing)
    kernel = jit.compiled(position_kernels.price_range_loop, "ffff", kernel_rows, position_kernels)
    out = np.empty((3, 2))
    assert kernel(*(np.array(c) for c in ([2_500.0] * 2, [1_000.0] * 2, [0.0], [np.inf])), out, 0, 2) == 0
    assert out[:, 0] == pytest.approx([100_000.0, 20.0, -0.004], rel=1e-15)
