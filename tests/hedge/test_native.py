"""Tables of results are used again, and never while anybody still looks at them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hedge import options
from hedge.numerics import jit

SIZE = 100_000


def address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def prices(spot: float) -> np.ndarray:
    return options.price(spot, np.linspace(50.0, 150.0, SIZE), 0.5, 0.6)


def test_results__table_still_in_use__is_not_handed_out_again() -> None:
    held = [jit.results(6, SIZE) for _ in range(5)]
    assert len({address(table) for table in held}) == 5


def test_results__one_row_is_kept__the_table_is_in_use() -> None:
    kept = jit.results(6, SIZE)[3]
    kept[:] = 7.0
    others = [jit.results(6, SIZE) for _ in range(4)]
    for other in others:
        other[:] = 0.0
    assert (kept == 7.0).all()


def test_results__last_user_gone__table_is_used_again() -> None:
    jit.results(6, SIZE)
    first = address(jit.results(6, SIZE))
    assert first in {address(jit.results(6, SIZE)) for _ in range(2)}


def test_results__small_or_huge_or_other_shape__is_fresh_and_right() -> None:
    for rows, size in ((1, 8), (3, SIZE), (6, SIZE), (2, SIZE + 1)):
        assert jit.results(rows, size).shape == (rows, -(-size // 8) * 8)
    assert len(jit._spare) <= jit._SPARE_BLOCKS


def test_bulk_prices__earlier_results_kept__are_not_overwritten() -> None:
    first = prices(100.0)
    copy = first.copy()
    later = [prices(spot) for spot in (80.0, 90.0, 110.0, 120.0)]
    np.testing.assert_array_equal(first, copy)
    np.testing.assert_array_equal(later[0], prices(80.0))


def test_bulk_prices__many_threads__each_has_its_own_results() -> None:
    spots = [60.0 + 5.0 * n for n in range(16)]
    alone = [prices(spot).copy() for spot in spots]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(prices, spots * 3))
    for n, result in enumerate(together):
        np.testing.assert_array_equal(result, alone[n % len(spots)])


@pytest.mark.parametrize("size", [170_000, 170_007, 200_064])
def test_bulk_prices__table_too_large_for_the_caches__same_bits_as_in_small_parts(size: int) -> None:
    spot, strike = np.linspace(60.0, 150.0, size), np.linspace(150.0, 40.0, size)
    whole = options.greeks(spot, strike, 0.5, 0.6)
    parts = [
        options.greeks(spot[at : at + 5_120], strike[at : at + 5_120], 0.5, 0.6)
        for at in range(0, size - jit.BULK, 5_120)
    ]
    for field, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        together = np.concatenate(pieces)
        np.testing.assert_array_equal(field[: together.size], together)
        assert np.isfinite(field).all()


def test_results__rows__begin_with_a_cache_line() -> None:
    table = jit.results(3, 1_001)
    assert table.shape == (3, 1_008)
    assert {address(row) % 64 for row in table} == {0}
