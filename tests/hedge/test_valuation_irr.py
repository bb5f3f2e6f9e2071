"""Internal rates: the library's vectors, every root, and what odd cash flows lead to."""

import csv
import datetime as dt
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hedge.errors import BadInput
from hedge.valuation.irr import internal_rates, xirr, xnpv

pytestmark = pytest.mark.unit

START = np.datetime64("2025-01-01")
AMOUNT = st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-3)


def sample(folder: Path, name: str) -> tuple[list[str], list[float]]:
    with (folder / "irr" / "pyxirr_samples" / name).open(encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row]
    return [row[0] for row in rows], [float(row[1]) for row in rows]


def expected(folder: Path, test: str) -> list[tuple[str, float, str]]:
    with (folder / "irr" / "pyxirr_expected.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["test"] == test]
    return [(row["file"], float(row["expected"]), row["comment_alt_root"]) for row in rows]


def test_xirr__every_vector__library_rate_or_nan(vectors: Path) -> None:
    cases = expected(vectors, "test_xirr_samples")
    assert len(cases) == 60
    for name, rate, _ in cases:
        # The library stops at 1e-9 of the amounts, which moves the flattest sample's root by 4e-10.
        assert xirr(*sample(vectors, name)) == pytest.approx(rate, rel=1e-8, abs=1e-9, nan_ok=True), name


def test_xnpv__every_vector__library_value(vectors: Path) -> None:
    cases = expected(vectors, "test_xnpv_samples")
    assert len(cases) == 3
    for name, value, _ in cases:
        assert xnpv(0.1, *sample(vectors, name)) == pytest.approx(value, rel=1e-12), name


def test_internal_rates__every_vector__contain_the_library_rate_and_the_noted_other(vectors: Path) -> None:
    for name, rate, other in expected(vectors, "test_xirr_samples"):
        rates = internal_rates(*sample(vectors, name), lowest=-0.999999)
        roots = ([] if math.isnan(rate) else [rate]) + ([float(other)] if other else [])
        for root in roots:
            assert np.min(np.abs(rates - root)) < 1e-8 * max(1.0, abs(root)), name


def test_internal_rates__samples_without_a_library_rate__two_have_one_all_the_same(vectors: Path) -> None:
    names = [name for name, rate, _ in expected(vectors, "test_xirr_samples") if math.isnan(rate)]
    found = {name: internal_rates(*sample(vectors, name)) for name in names}
    assert {name for name, rates in found.items() if rates.size} == {"30-20.csv", "30-45.csv"}
    for name in ("30-20.csv", "30-45.csv"):
        days, paid = sample(vectors, name)
        (rate,) = found[name]
        assert xnpv(rate - 1e-6, days, paid) * xnpv(rate + 1e-6, days, paid) < 0.0


def test_internal_rates__two_changes_of_sign__both_rates_and_xirr_one_of_them() -> None:
    dates, paid = ["2025-01-01", "2026-01-01", "2027-01-01"], [-100.0, 230.0, -132.0]
    rates = internal_rates(dates, paid)
    assert rates == pytest.approx([0.1, 0.2], abs=1e-9)
    assert np.min(np.abs(rates - xirr(dates, paid))) < 1e-6


def test_internal_rates__a_century_and_a_half__no_overflow_on_the_way() -> None:
    with np.errstate(over="raise", invalid="raise"):
        rates = internal_rates(START + np.array([0, 29_200, 58_400]), [-2.0, 3.0, -1.0], lowest=-0.999999)
    # With x the discount over 80 years of 365 days: -(x - 1) (x - 2).
    assert rates == pytest.approx([2.0 ** (-1 / 80) - 1.0, 0.0], abs=1e-12)


@pytest.mark.parametrize("paid", [[], [100.0], [-1.0, -2.0], [0.0, 0.0], [-1.0, math.nan]])
def test_rates__nothing_one_sign_or_unknown__nan_and_empty(paid: list[float]) -> None:
    dates = START + np.arange(len(paid))
    assert math.isnan(xirr(dates, paid))
    assert internal_rates(dates, paid).size == 0


def test_xnpv__nothing_or_unknown__zero_or_nan() -> None:
    assert xnpv(0.1, [], []) == 0.0
    assert math.isnan(xnpv(math.nan, [START], [1.0]))
    assert math.isnan(xnpv(0.1, [START], [math.nan]))


@pytest.mark.parametrize(
    ("dates", "paid"),
    [
        ([1_700_000_000, 1_700_086_400], [-1.0, 2.0]),
        (["yesterday", "today's"], [-1.0, 2.0]),
        ([np.datetime64("NaT"), START], [-1.0, 2.0]),
        (["2025-01-01"], [-1.0, 2.0]),
        (["2025-01-01", "2026-01-01"], [-1.0, math.inf]),
        ([["2025-01-01", "2026-01-01"]], [[-1.0, 2.0]]),
        ([np.datetime64("12025-01-01"), START], [-1.0, 2.0]),
    ],
)
def test_rates__not_dated_amounts__bad_input(dates: object, paid: list[float]) -> None:
    for function in (xirr, internal_rates):
        with pytest.raises(BadInput):
            function(dates, paid)


@pytest.mark.parametrize("rate", [-1.0, -2.0, math.inf])
def test_xnpv__rate_out_of_domain__bad_input(rate: float) -> None:
    with pytest.raises(BadInput):
        xnpv(rate, [START], [1.0])


def test_internal_rates__no_range__bad_input() -> None:
    with pytest.raises(BadInput):
        internal_rates([START], [1.0], lowest=0.2, highest=0.1)


def test_xirr__every_form_of_date_and_any_order__one_rate() -> None:
    text, paid = ["2025-03-01", "2025-01-01", "2026-01-01"], [-50.0, -100.0, 170.0]
    forms = (text, [dt.date.fromisoformat(day) for day in text], np.array(text, dtype="datetime64[ns]"))
    rates = [xirr(form, paid) for form in forms] + [xirr(text[::-1], paid[::-1])]
    assert rates == pytest.approx([rates[0]] * 4, rel=1e-12)


@settings(max_examples=60)
@given(st.floats(1.0, 1e6), st.lists(st.tuples(st.integers(1, 2_000), st.floats(0.01, 1e6)), min_size=1, max_size=12))
@pytest.mark.prop
def test_xirr__one_payment_then_receipts__the_only_root(paid: float, later: list[tuple[int, float]]) -> None:
    dates = START + np.array([0] + [days for days, _ in later])
    amounts = [-paid] + [amount for _, amount in later]
    rates = internal_rates(dates, amounts)
    # Else the rate lies outside the range of the scan, or so near -1 that a float holds few digits of 1 + rate.
    assume(rates.size == 1 and -0.9999 <= rates[0] <= 1_000.0)
    rate = xirr(dates, amounts)
    scale = xnpv(float(rates[0]), dates, np.abs(amounts))
    assert abs(xnpv(float(rates[0]), dates, amounts)) <= 1e-9 * scale
    assert math.isnan(rate) or rate == pytest.approx(rates[0], rel=1e-6, abs=1e-6)


@settings(max_examples=40)
@given(st.lists(AMOUNT, min_size=2, max_size=10), st.floats(0.01, 100.0), st.floats(-0.5, 2.0))
@pytest.mark.prop
def test_xnpv__scaled_amounts__scales(amounts: list[float], factor: float, rate: float) -> None:
    dates = START + 30 * np.arange(len(amounts))
    size = float(np.abs(amounts).sum()) * factor * 2.0 ** (len(amounts) * 30 / 365)
    scaled = xnpv(rate, dates, factor * np.array(amounts))
    assert scaled == pytest.approx(factor * xnpv(rate, dates, amounts), rel=1e-9, abs=1e-12 * size)


@pytest.mark.parametrize(("last", "rate"), [(70.0, -0.9999999916253), (130.0, 873_637.856)])
def test_internal_rates__a_week_annualised__the_only_rate_far_from_the_usual_ones(last: float, rate: float) -> None:
    found = internal_rates(["2026-01-01", "2026-01-08"], [-100.0, last])
    assert found == pytest.approx([rate], rel=1e-9)


@pytest.mark.parametrize(
    "paid", [[100.0, -100.0, 50.0, -50.0], [0.1 + 0.2, -0.3, 7.0, -7.0], [0.0, 0.0, 0.0, 0.0], [5.0, -5.0, 3.0, 0.0]]
)
def test_rates__days_that_net_to_nothing_or_one_sign__have_none(paid: list[float]) -> None:
    dates = ["2026-01-01", "2026-01-01", "2026-02-01", "2026-02-01"]
    assert math.isnan(xirr(dates, paid))
    assert internal_rates(dates, paid).size == 0


@given(st.floats(0.3, 3.0), st.integers(1, 400))
def test_internal_rates__one_payment_one_receipt__the_closed_form(gain: float, days: int) -> None:
    last = (dt.date(2026, 1, 1) + dt.timedelta(days=days)).isoformat()
    growth = math.log(gain) * 365.0 / days
    found = internal_rates(["2026-01-01", last], [-100.0, 100.0 * gain])
    inside = math.log(1e-12) < growth < math.log(1e12)
    assert found.size == inside
    if inside:
        assert math.log1p(found[0]) == pytest.approx(growth, rel=1e-6, abs=1e-9)
