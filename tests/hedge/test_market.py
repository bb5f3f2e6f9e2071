"""One observation of the market: look-ups, refusals and the tail scenario."""

import math

import numpy as np
import pytest
from sample_books import MARKET

from hedge.errors import InvalidMarket, MissingCorrelation, UnknownAsset
from hedge.market import MOST_VOL, Market

pytestmark = pytest.mark.unit


def test_pair_vol__two_volatile_assets__is_the_vol_of_the_ratio() -> None:
    expected = math.sqrt(0.65**2 + 0.5**2 - 2 * 0.8 * 0.65 * 0.5)
    assert MARKET.pair_vol("BTC", "ETH") == pytest.approx(expected, rel=1e-15)
    assert MARKET.pair_vol("ETH", "BTC") == MARKET.pair_vol("BTC", "ETH")


def test_pair_vol__against_usd__is_the_assets_own() -> None:
    assert MARKET.pair_vol("USD", "ETH") == MARKET.pair_vol("ETH", "USD") == 0.65


def test_spot__unknown_asset__names_it() -> None:
    with pytest.raises(UnknownAsset) as refused:
        MARKET.spot("UNI")
    assert (refused.value.asset, refused.value.what) == ("UNI", "spot")


def test_correlation__pair_not_listed__names_both() -> None:
    with pytest.raises(MissingCorrelation) as refused:
        Market(0, {}, {}, {}).correlation("A", "B")
    assert (refused.value.first, refused.value.second) == ("A", "B")


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_market__spot_or_vol_out_of_range__is_refused(bad: float) -> None:
    with pytest.raises(InvalidMarket):
        Market(0, {"ETH": bad}, {})
    if math.isnan(bad):  # a volatility that nobody knows
        assert math.isnan(Market(0, {"ETH": 1.0}, {"ETH": bad}).pair_vol("ETH", "USD"))
        return
    with pytest.raises(InvalidMarket):
        Market(0, {"ETH": 1.0}, {"ETH": bad})


@pytest.mark.parametrize("bad", [89.0, 60.0, MOST_VOL * 1.001])
def test_market__volatility_in_percent__is_refused_and_says_its_unit(bad: float) -> None:
    with pytest.raises(InvalidMarket, match=r"vol of ETH \(a decimal, 0\.6 is 60 %\)"):
        Market(0, {"ETH": 2000.0}, {"ETH": bad})
    assert Market(0, {"ETH": 2000.0}, {"ETH": MOST_VOL}).vol("ETH") == MOST_VOL


def test_correlation_matrix__no_joint_distribution__is_refused() -> None:
    market = Market(0, {}, {}, {("A", "B"): 0.9, ("B", "C"): 0.9, ("A", "C"): -0.9})
    with pytest.raises(InvalidMarket) as refused:
        market.correlation_matrix(("A", "B", "C"))
    assert refused.value.value < 0.0


def test_tail_price__against_a_fine_quantile_grid__is_the_mean_of_the_worst_outcomes() -> None:
    from scipy.special import ndtri

    deviation = 0.65 * math.sqrt(30 / 365)
    grid = (np.arange(200_000) + 0.5) / 200_000 * 0.05
    worst = 2000.0 * np.exp(deviation * ndtri(grid) - deviation**2 / 2)
    assert MARKET.tail_price("ETH") == pytest.approx(worst.mean(), rel=1e-5)
