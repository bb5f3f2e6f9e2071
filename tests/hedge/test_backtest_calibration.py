"""Forecasts against what came: Kupiec's published example, ratios by hand, overlap, falls."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hedge.backtest.calibration import calibration_report, fell_between, kupiec, tail_check, value_check
from hedge.errors import BadInput

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Record:
    kind: str
    made_at: int
    known_at: int
    predicted: float
    realised: float


def weekly(kind: str, predicted: list[float], realised: list[float]) -> list[Record]:
    return [
        Record(kind, 7 * week, 7 * week + 7, *pair) for week, pair in enumerate(zip(predicted, realised, strict=True))
    ]


def test_kupiec__example_of_mathworks__five_digits() -> None:
    """varbacktest.pof on EquityIndex, Normal95: 57 failures of 1,043, LRatioPOF 0.46147, PValuePOF 0.49694."""
    assert kupiec(57, 1043) == pytest.approx((0.46147, 0.49694), abs=5e-6)


@pytest.mark.parametrize(("exceedances", "count"), [(0, 33), (33, 33), (5, 33), (1, 20)])
def test_kupiec__any_count__is_scipys_likelihood_ratio(exceedances: int, count: int) -> None:
    share = exceedances / count
    logs = [stats.binom.logpmf(exceedances, count, each) for each in (share, 0.05)]
    ratio = 2.0 * (logs[0] - logs[1])
    # The two logs are rounded to about 1e-15 of at most 100.
    assert kupiec(exceedances, count) == pytest.approx((ratio, stats.chi2.sf(ratio, 1)), rel=1e-9, abs=1e-12)


def test_kupiec__none_at_all__is_unknown() -> None:
    assert math.isnan(kupiec(0, 0)[1])


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0.001, 0.999))
@pytest.mark.prop
def test_kupiec__any_share__is_a_probability_and_symmetric(failures: int, rest: int, expected: float) -> None:
    ratio, p = kupiec(failures, failures + rest, expected)
    if failures + rest == 0:
        return
    assert ratio >= 0.0
    assert 0.0 <= p <= 1.0
    # 1 - expected is rounded: the log of a probability near 0.001 then moves by 1e-13, fifty times.
    assert kupiec(rest, failures + rest, 1.0 - expected)[0] == pytest.approx(ratio, abs=1e-11)


def test_tail_check__forecasts_by_hand__share_and_shortfall() -> None:
    """Losses 50, 120, 300, -10 against a VaR of 100: two beyond it, mean 210, with a predicted ES of 140: 1.5."""
    losses = [50.0, 120.0, 300.0, -10.0]
    records = weekly("var95", [100.0] * 4, losses) + weekly("cvar95", [140.0] * 4, losses)
    found = tail_check(records)
    assert (found.count, found.exceedances, found.share, found.expected) == (4, 2, 0.5, 0.05)
    assert (found.tested, found.tested_exceedances) == (4, 2)
    assert (found.shortfalls, found.es_ratio) == (2, pytest.approx(1.5, rel=1e-15))
    assert found.exact_p == pytest.approx(stats.binomtest(2, 4, 0.05).pvalue)


def test_tail_check__loss_at_the_var__is_no_exceedance() -> None:
    assert tail_check(weekly("var95", [100.0], [100.0])).exceedances == 0


def test_tail_check__horizons_that_overlap__are_tested_once() -> None:
    """A week from each of 15 days: days 0, 7 and 14 do not overlap."""
    records = [Record("var95", day, day + 7, 1.0, 2.0) for day in range(15)]
    found = tail_check(records)
    assert (found.count, found.exceedances) == (15, 15)
    assert (found.tested, found.tested_exceedances) == (3, 3)


def test_tail_check__es_of_another_horizon__is_not_paired() -> None:
    records = [Record("var95", 0, 7, 1.0, 2.0), Record("cvar95", 0, 30, 3.0, 2.0)]
    found = tail_check(records)
    assert found.shortfalls == 0
    assert math.isnan(found.es_ratio)


def test_calibration_report__evidence_of_a_fall__bias_is_what_was_flattered() -> None:
    """Predicted 36.2k and marked 29.6k after a fall, right in a calm week."""
    records = weekly("legs", [36_200.0, 10_000.0], [29_600.0, 10_000.0]) + weekly("decay", [500.0], [650.0])
    fell = fell_between([0, 7, 14], [100.0, 80.0, 82.0])
    found = calibration_report(records, fell)
    assert (found.legs.count, found.legs.bias, found.legs.error) == (2, 3_300.0, 3_300.0)
    assert (found.legs_after_falls.count, found.legs_after_falls.bias) == (1, 6_600.0)
    assert (found.decay.bias, found.decay.error) == (-150.0, 150.0)
    assert json.loads(json.dumps(found.to_dict()))["tail"]["share"] is None
    assert calibration_report(records).legs_after_falls.count == 0


def test_value_check__unknown_outcome__is_counted_and_left_out() -> None:
    found = value_check(weekly("legs", [1.0, 5.0, math.nan], [2.0, math.nan, 1.0]))
    assert (found.count, found.unknown, found.bias) == (1, 2, -1.0)


def test_calibration_report__nothing__is_unknown_everywhere() -> None:
    found = calibration_report([])
    assert found.tail.count == found.legs.count == found.decay.count == 0
    assert math.isnan(found.tail.kupiec_p)


def test_fell_between__no_price_yet_or_unknown__did_not_fall() -> None:
    fell = fell_between([10, 20, 30], [100.0, np.nan, 90.0])
    assert not fell(0, 30)
    assert not fell(10, 25)
    assert fell(10, 30)
    assert not fell(10, 12)


@given(st.permutations(range(12)), st.floats(0.01, 100.0))
@pytest.mark.prop
def test_calibration_report__records_in_another_order_and_unit__same_shares(order: list[int], unit: float) -> None:
    draw = np.random.default_rng(1)
    losses = draw.normal(size=6).tolist()
    records = weekly("var95", [0.5] * 6, losses) + weekly("cvar95", [0.9] * 6, losses)
    plain = calibration_report(records).tail
    mixed = calibration_report(
        Record(each.kind, each.made_at, each.known_at, unit * each.predicted, unit * each.realised)
        for each in (records[place] for place in order)
    ).tail
    assert (mixed.share, mixed.kupiec_p, mixed.shortfalls) == (plain.share, plain.kupiec_p, plain.shortfalls)
    assert mixed.es_ratio == pytest.approx(plain.es_ratio, rel=1e-12, nan_ok=True)


def test_calibration__numbers_that_cannot_be_trusted__are_refused() -> None:
    for wrong in (
        lambda: calibration_report([Record("var99", 0, 7, 1.0, 1.0)]),
        lambda: calibration_report([Record("legs", 7, 0, 1.0, 1.0)]),
        lambda: calibration_report([Record("legs", 0, 7, math.inf, 1.0)]),
        lambda: kupiec(2, 1),
        lambda: kupiec(0, 1, 1.0),
        lambda: fell_between([2, 1], [1.0, 1.0]),
        lambda: fell_between([1, 2], [1.0, -1.0]),
        lambda: fell_between([1], [1.0], 1.0),
    ):
        with pytest.raises(BadInput):
            wrong()
