"""Without numba numpy answers bulk calls too, within the same tolerance; simulated paths say what they need."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from hedge import amm, options
from hedge.amm import book_totals, greeks
from hedge.errors import MissingPackage
from hedge.numerics.jit import BULK_OPTIONS, BULK_POSITIONS
from hedge.options import bulk
from hedge.simulate import paths
from hedge.simulate.models import GBM

pytestmark = pytest.mark.unit

TOLERANCE = 1e-12
"""Ten times what kernels and numpy may differ by (docs/adr/0010), for sums over a book."""


@pytest.fixture
def no_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (bulk, greeks, book_totals):
        monkeypatch.setattr(module, "has_kernels", lambda: False)
    monkeypatch.setattr(bulk, "_kernel", None)  # calling it would fail
    monkeypatch.setattr(greeks, "_kernel", None)
    monkeypatch.setattr(book_totals, "_kernel", None)


@pytest.mark.usefixtures("no_numba")
def test_option_price__bulk_without_numba__is_that_of_each_option() -> None:
    strikes = np.linspace(1_000.0, 3_000.0, BULK_OPTIONS)
    found = options.price(2_000.0, strikes, 0.25, 0.6)
    few = options.price(2_000.0, strikes[::4096], 0.25, 0.6)
    assert found[::4096] == pytest.approx(few, rel=TOLERANCE)


@pytest.mark.usefixtures("no_numba")
def test_book_curve__bulk_without_numba__is_that_of_each_price() -> None:
    lower = np.linspace(1_000.0, 2_000.0, 1_000)
    prices = np.linspace(900.0, 2_500.0, 2 * BULK_POSITIONS // 1_000)
    found = amm.book_curve(prices, 10.0, lower, lower * 1.2)
    for at in (0, prices.size // 2, prices.size - 1):
        one = amm.book_curve(prices[at], 10.0, lower, lower * 1.2)
        assert (found.value[at], found.delta[at], found.gamma[at]) == pytest.approx(tuple(one), rel=TOLERANCE)


def test_simulate__without_numba__names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    paths._kernel.cache_clear()
    with pytest.raises(MissingPackage, match=r"this needs numba: pip install 'alvh\[fast\]'"):
        paths.simulate(GBM(2_000.0, 0.6), days=30, steps=30, count=4, seed=1)
