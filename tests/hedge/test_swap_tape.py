"""What a swap tape says at several horizons: hand cases, what is unknown, and that it agrees with its parts."""

import math

import numpy as np
import pytest

from hedge.errors import BadInput
from hedge.valuation.markouts import lvr_of_path, sample_path
from hedge.valuation.swap_tape import SwapTape, read_tape

pytestmark = pytest.mark.unit

TIMES = np.array([0.0, 60.0, 120.0])
TAPE = SwapTape(
    TIMES, np.array([1.0, -1.0, 1.0]), np.array([-99.0, 102.0, -98.0]), np.array([99.0, 103.0, 98.0]),
    np.array([10.0, 10.0, 10.0]), 0.01,
)  # fmt: skip


def test_read_tape__hand_case__sums_what_is_known() -> None:
    (row,) = read_tape(TAPE, (60.0,)).rows
    assert row.markout == pytest.approx((1.0 * 103.0 - 99.0) + (-1.0 * 98.0 + 102.0))
    assert row.known == pytest.approx(2.0 / 3.0)
    assert row.before_fees == pytest.approx(row.markout - 0.01 * (99.0 + 102.0))
    times, prices = sample_path(TIMES, TAPE.prices, 60.0)
    assert row.lvr == pytest.approx(lvr_of_path(times, prices, 10.0).total)
    assert row.covered == 1.0


def test_read_tape__fee_and_liquidity_unknown__dashes_not_zeros() -> None:
    (row,) = read_tape(SwapTape(TAPE.times, TAPE.base_in, TAPE.quote_in, TAPE.prices), (60.0,)).rows
    assert math.isfinite(row.markout)
    assert all(map(math.isnan, (row.before_fees, row.lvr, row.covered)))


def test_read_tape__horizon_beyond_the_tape__unknown() -> None:
    report = read_tape(TAPE, (600.0,))
    assert (report.rows[0].known, report.swaps, report.seconds) == (0.0, 3, 120.0)
    assert report.to_dict()["horizons"][0]["markout"] is None


def test_swap_tape__fee_of_more_than_all__refused() -> None:
    with pytest.raises(BadInput, match="fee"):
        SwapTape(TAPE.times, TAPE.base_in, TAPE.quote_in, TAPE.prices, fee=3.0)
