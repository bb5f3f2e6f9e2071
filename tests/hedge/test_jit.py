"""Memory of results is used again, and never while it is still in use; a call's size alone chooses the path."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hedge import options
from hedge.numerics import jit, memory

pytestmark = pytest.mark.unit

SIZE = 100_000


def address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def prices(spot: float) -> np.ndarray:
    return options.price(spot, np.linspace(50.0, 150.0, SIZE), 0.5, 0.6)


def test_results__table_still_in_use__is_not_handed_out_again() -> None:
    held = [memory.results(6, SIZE) for _ in range(5)]
    assert len({address(table) for table in held}) == 5


@pytest.mark.parametrize(
    "look",
    [
        lambda table: table[3],
        lambda table: table[3][10:].reshape(-1)[::2],
        lambda table: table.T,
        lambda table: table.view(np.int64),
        lambda table: memoryview(table[3]),
        lambda table: np.lib.stride_tricks.as_strided(table, (1,), (8,)),
        lambda table: (row for row in table),
    ],
    ids=["row", "view of views", "transposed", "other type", "buffer", "strides", "iterator"],
)
def test_results__anything_that_looks_at_it_is_kept__the_table_is_in_use(look: Callable[[np.ndarray], object]) -> None:
    table = memory.results(6, SIZE)
    held, at = look(table), address(table)
    del table
    for _ in range(2):  # what the first round frees, the second is given
        others = [memory.results(6, SIZE) for _ in range(4)]
        assert at not in {address(other) for other in others}
        del others
    del held
    assert at in {address(memory.results(6, SIZE)) for _ in range(3)}


def test_results__last_user_gone__table_is_used_again() -> None:
    first = address(memory.results(6, SIZE))
    assert first in {address(memory.results(6, SIZE)) for _ in range(2)}


def test_results__loop_that_holds_the_last_ones__alternates_between_two_blocks() -> None:
    found = set()
    table = memory.results(6, SIZE)
    for _ in range(10):
        table = memory.results(6, SIZE)
        found.add(address(table))
    assert len(found) == 2


def test_results__small_or_huge_or_other_shape__is_fresh_and_right() -> None:
    for rows, size in ((1, 8), (3, SIZE), (6, SIZE), (2, SIZE + 1)):
        assert memory.results(rows, size).shape == (rows, -(-size // 8) * 8)
    assert len(memory._spare) <= 2
    assert all(memory._LEAST_SPARE <= block.nbytes <= memory._MOST_SPARE for block in memory._spare)


def test_results__rows__begin_with_a_cache_line() -> None:
    table = memory.results(3, 1_001)
    assert table.shape == (3, 1_008)
    assert {address(row) % 64 for row in table} == {0}


def test_results__held_when_the_interpreter_ends__ends_in_silence() -> None:
    code = f"from hedge.numerics import memory\nheld = memory.results(6, {SIZE})\nmemory.held = held[2]"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (answer.stdout, answer.stderr) == ("", "")


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


@pytest.mark.parametrize("size", [170_000, 170_007, 200_064])  # the whole is written past the caches, parts are not
def test_bulk_greeks__whole_or_in_parts__same_bits(size: int) -> None:
    spot, strike, part = np.linspace(60.0, 150.0, size), np.linspace(150.0, 40.0, size), jit.BULK_OPTIONS + 256
    whole = options.greeks(spot, strike, 0.5, 0.6)
    parts = [
        options.greeks(spot[at : at + part], strike[at : at + part], 0.5, 0.6) for at in range(0, size - part, part)
    ]
    for field, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        together = np.concatenate(pieces)
        np.testing.assert_array_equal(field[: together.size], together)
        assert np.isfinite(field).all()


def test_plan__first_of_a_process__never_imports_the_compiler() -> None:
    code = (
        "import sys\nfrom sample_books import CALM, CHAINS, MARKET, mixed_book\n"
        "from hedge.plan.build import build_plan\nfrom hedge.policy.parameters import Parameters\n"
        "plan = build_plan(mixed_book(), MARKET, CHAINS, Parameters(), signals=CALM)\n"
        "print(any(layer.legs for layer in plan.layers), 'numba' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "True False"


def test_price__call_of_a_plan_after_a_bulk_call__same_bits_as_before() -> None:
    spot = np.linspace(1_000.0, 4_000.0, 4_096)
    before = options.price(spot, 2_000.0, 0.2, 0.7)
    prices(100.0)
    np.testing.assert_array_equal(options.price(spot, 2_000.0, 0.2, 0.7), before)
