"""Values that others computed: European options to fifty digits, greeks of a printed table."""

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedge import options

pytestmark = pytest.mark.unit


def test_price__fifty_digit_values__1e_15_of_spot_on_every_case(vectors: Path) -> None:
    table = json.loads((vectors / "options" / "gbm_closed_forms.json").read_text())
    spot, rate, paid_out, vol = (
        float(table["market"][name]) for name in ("spot", "rate", "dividend_yield", "volatility")
    )
    market = (float(table["market"]["maturity"]), vol, rate, rate - paid_out)
    cases = [case for case in table["cases"] if case["instrument"] == "european_option"]
    assert len(cases) == 6
    for case in cases:
        found = float(options.price(spot, float(case["strike"]), *market, case["option_type"] == "call"))
        assert abs(found - float(case["value"])) <= 1e-15 * spot, case


def half_last_digit(text: str) -> float:
    """Return half a unit in the last digit of a printed number."""
    exponent = Decimal(text).as_tuple().exponent
    assert isinstance(exponent, int)
    return 0.5 * 10.0**exponent


def test_greeks__py_vollib_table__to_the_last_printed_digit(vectors: Path) -> None:
    """Compare with a table of nine decimals or ten digits, whichever is coarser.

    Below 1e-11 it prints few digits but all of the exponent; zeros there are cut off at nine decimals again.
    """
    text = pd.read_csv(vectors / "options" / "py_vollib_reference_table.csv", dtype=str)
    table = text.astype(float)
    same = json.loads((vectors / "options" / "py_vollib_reference_table.json").read_text())
    assert same["columns"] == list(table.columns)
    assert np.array_equal(np.array(same["data"]), table.to_numpy())
    assert len(table) == 101
    market = (table["S"], table["K"], table["t"], table["v"], table["R"], table["R"])
    call, put = options.greeks(*market), options.greeks(*market, is_call=False)
    found = {
        "bs_call": call.price, "CD": call.delta, "CG": call.gamma, "CT": call.theta, "CV": call.vega, "CR": call.rho,
        "bs_put": put.price, "PD": put.delta, "PG": put.gamma, "PT": put.theta, "PV": put.vega, "PR": put.rho,
        "call_vals": call.price,
    }  # fmt: skip
    assert set(found) | set("SKRtv") == set(table.columns)
    for column, values in found.items():
        expected = table[column].to_numpy()
        size = np.abs(expected)
        tenth_digit = 10.0 ** (np.floor(np.log10(np.maximum(size, 1.0))) - 9.0)
        digits = np.where((size > 0.0) & (size < 1e-11), text[column].map(half_last_digit), 0.5 * tenth_digit)
        assert np.all(np.abs(values - expected) <= digits * (1.0 + 1e-5)), column
