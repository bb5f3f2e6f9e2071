"""The three layers, one at a time."""

import dataclasses
import math

import pytest
from sample_books import CHAINS, MARKET, NOW, mixed_book, position

from hedge.book.exposure import AssetExposure, book_exposure
from hedge.book.positions import Book
from hedge.instruments.fees import NO_FEES, Fees
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import Smile, synthetic_chain
from hedge.layers.budget import Budget
from hedge.layers.condor import condor_layer
from hedge.layers.tail import tail_layer
from hedge.layers.volatility import ramp, volatility_layer
from hedge.market import HORIZON_DAYS
from hedge.policy.layer_rules import LayerRules
from hedge.risk.scenarios import vol_move
from hedge.units import YEAR_DAYS

pytestmark = pytest.mark.unit

ETH = CHAINS["ETH"]
FREE = dataclasses.replace(ETH, fees=NO_FEES)
AMPLE = Budget(1e9, 1e12)
EXPOSURE = book_exposure(mixed_book(), MARKET).assets["ETH"]


def one_asset(*positions: float) -> AssetExposure:
    """Return the ETH exposure of a book of v3 positions worth these values."""
    book = Book(tuple(position(str(number), value) for number, value in enumerate(positions)))
    return book_exposure(book, MARKET).assets["ETH"]


def without(chain: OptionChain, rows: object) -> OptionChain:
    """Return the chain without the rows that a mask selects."""
    quotes = chain.quotes[~rows]  # type: ignore[operator]
    return OptionChain.from_frame(chain.underlying, chain.observed_at, chain.spot, quotes, chain.source)


def test_tail__ample_budget__gains_the_governed_share_of_the_tail_loss() -> None:
    layer = tail_layer(MARKET, EXPOSURE, ETH, LayerRules(), AMPLE)
    move = vol_move(EXPOSURE.tail_price / 2000.0)
    value = sum(float(leg.value(EXPOSURE.tail_price, HORIZON_DAYS / YEAR_DAYS, move)) for leg in layer.legs)
    lot = 0.1 / layer.units
    assert value - layer.cost_usd == pytest.approx(0.5 * EXPOSURE.tail_loss_usd, rel=lot)
    assert value - layer.cost_usd >= 0.5 * EXPOSURE.tail_loss_usd


def test_tail__put__has_the_listed_delta_nearest_the_governed_and_the_tenor() -> None:
    leg = tail_layer(MARKET, EXPOSURE, ETH, LayerRules(), AMPLE).legs[0]
    assert ETH.days_to(leg.expiry_at) >= 120
    deltas = [abs(ETH.delta(put)) for put in ETH.buyable(leg.expiry_at, is_call=False)]
    chosen = abs(leg.greeks(2000.0).delta / leg.quantity)
    assert abs(chosen - 0.1) == pytest.approx(min(abs(delta - 0.1) for delta in deltas))


def test_tail__premium_cap__rounds_down_and_says_so() -> None:
    layer = tail_layer(MARKET, EXPOSURE, ETH, LayerRules(), Budget(1000.0, 1e12))
    assert layer.max_loss_usd <= 1000.0 < layer.max_loss_usd + 0.1 * layer.legs[0].price
    assert "cap allows" in layer.reason


def test_tail__tenor_beyond_the_last_expiry__is_empty_and_says_so() -> None:
    near = without(ETH, ETH.quotes["expiry"] > 100 / 365)
    layer = tail_layer(MARKET, EXPOSURE, near, LayerRules(), AMPLE)
    assert layer.legs == ()
    assert "120 days or more" in layer.reason


def test_tail__dear_put_beside_fair_calls__buys_the_synthetic_for_less() -> None:
    outright = tail_layer(MARKET, EXPOSURE, ETH, LayerRules(), AMPLE).legs[0]
    quotes = ETH.quotes.copy()
    put = (quotes["expiry_at"] == outright.expiry_at) & (quotes["strike"] == outright.strike) & ~quotes["is_call"]
    quotes.loc[put, "ask"] += 20.0
    dear = OptionChain.from_frame("ETH", NOW, 2000.0, quotes, "dear put")
    layer = tail_layer(MARKET, EXPOSURE, dear, LayerRules(), AMPLE)
    assert [leg.quantity > 0 for leg in layer.legs] == [True, False, True]
    assert sum(leg.time_value_usd for leg in layer.legs) / layer.units < outright.price + 20.0
    assert layer.max_loss_usd == pytest.approx(layer.time_value_usd + layer.fees_usd)
    at_expiry = [sum(float(leg.payoff(price)) for leg in layer.legs) / layer.units for price in (500.0, 1000.0, 3000.0)]
    assert at_expiry[0] - at_expiry[1] == pytest.approx(500.0)
    assert at_expiry[1] - at_expiry[2] == pytest.approx(outright.strike - 1000.0)


def test_tail__no_loss_in_the_tail__is_empty() -> None:
    safe = dataclasses.replace(EXPOSURE, tail_loss_usd=0.0)
    assert tail_layer(MARKET, safe, ETH, LayerRules(), AMPLE).legs == ()


@pytest.mark.parametrize(("vol", "share"), [(0.5, 0.0), (0.55, 0.0), (0.725, 0.5), (0.9, 1.0), (2.0, 1.0)])
def test_ramp__index_level__is_the_linear_share(vol: float, share: float) -> None:
    assert ramp(vol, LayerRules()) == pytest.approx(share)


def test_volatility__full_ramp__offsets_the_short_gamma_over_the_tenor() -> None:
    full = LayerRules(ramp_start_vol_bps=1000, ramp_full_vol_bps=6500)
    layer = volatility_layer(MARKET, EXPOSURE, ETH, full, AMPLE)
    tenor = layer.legs[0].expiry
    lost = -EXPOSURE.gamma * 2000.0**2 * 0.65 * tenor
    assert layer.greeks.vega == pytest.approx(lost, rel=0.1 / layer.units)
    assert layer.greeks.gamma == pytest.approx(-EXPOSURE.gamma, rel=0.01)
    assert "nothing on a volatility index is listed" in layer.reason


def test_volatility__straddle__is_at_the_strike_nearest_the_forward() -> None:
    layer = volatility_layer(MARKET, EXPOSURE, ETH, LayerRules(), AMPLE)
    assert {(leg.strike, leg.is_call) for leg in layer.legs} == {(2000.0, False), (2000.0, True)}


def test_volatility__index_below_the_start_or_no_short_gamma__is_empty() -> None:
    calm = dataclasses.replace(MARKET, vols={"ETH": 0.5})
    assert volatility_layer(calm, EXPOSURE, ETH, LayerRules(), AMPLE).legs == ()
    flat = dataclasses.replace(EXPOSURE, gamma=0.0)
    assert volatility_layer(MARKET, flat, ETH, LayerRules(), AMPLE).legs == ()


def test_condor__listed_strikes__has_shorts_in_the_band_and_wings_beyond() -> None:
    layer = condor_layer(MARKET, EXPOSURE, ETH, LayerRules(), AMPLE)
    low, short_put, short_call, high = layer.legs
    assert low.strike < short_put.strike < 2000.0 < short_call.strike < high.strike
    for leg in (short_put, short_call):
        assert 0.15 <= abs(leg.greeks(2000.0).delta / leg.quantity) <= 0.25
    assert short_put.strike - low.strike == pytest.approx(200.0, abs=25.0)
    assert high.strike - short_call.strike == pytest.approx(200.0, abs=25.0)
    assert layer.cost_usd < 0.0
    assert math.isfinite(layer.max_loss_usd)
    assert layer.max_loss_usd == pytest.approx(200.0 * layer.units + layer.cost_usd)
    assert len(layer.break_evens) == 2


def test_condor__size_and_notional_caps__bind_by_whole_lots() -> None:
    by_size = condor_layer(MARKET, EXPOSURE, ETH, LayerRules(), AMPLE)
    assert by_size.notional_usd <= 0.1 * EXPOSURE.value_usd < by_size.notional_usd + 0.1 * 2000.0
    by_notional = condor_layer(MARKET, EXPOSURE, ETH, LayerRules(), Budget(0.0, 10_100.0))
    assert by_notional.units == pytest.approx(5.0)


def test_condor__no_strike_in_the_delta_band__is_empty_and_says_so() -> None:
    near = ETH.quotes["strike"].between(1700.0, 1950.0)
    layer = condor_layer(MARKET, EXPOSURE, without(ETH, near), LayerRules(), AMPLE)
    assert layer.legs == ()
    assert "absolute delta 0.15 to 0.25" in layer.reason


def test_condor__spread_wider_than_the_credit__is_empty() -> None:
    wide = synthetic_chain("ETH", 2000.0, NOW, 0.65, Smile(half_spread=0.3))
    assert condor_layer(MARKET, EXPOSURE, wide, LayerRules(), AMPLE).legs == ()


def test_tail_and_volatility__twice_the_book__never_buy_less() -> None:
    for layer in (tail_layer, volatility_layer):
        once = layer(MARKET, one_asset(1e6), ETH, LayerRules(), AMPLE)
        twice = layer(MARKET, one_asset(1e6, 1e6), ETH, LayerRules(), AMPLE)
        assert twice.units == pytest.approx(2.0 * once.units, abs=0.1 + 1e-9)
        assert twice.units >= once.units


def test_tail_and_volatility__premium_cap__holds_the_fees() -> None:
    dear = dataclasses.replace(ETH, fees=Fees(of_underlying=0.01, of_price=0.9))
    for layer in (tail_layer, volatility_layer):
        free, paid = (layer(MARKET, EXPOSURE, chain, LayerRules(), Budget(10_000.0, 1e12)) for chain in (FREE, dear))
        assert 0.0 == free.fees_usd < paid.fees_usd
        assert paid.units < free.units
        assert paid.cost_usd <= 10_000.0
        assert paid.exit_usd > free.exit_usd > 0.0


def test_condor__fees__narrow_the_break_evens_and_may_leave_no_credit() -> None:
    free, paid = (condor_layer(MARKET, EXPOSURE, chain, LayerRules(), AMPLE) for chain in (FREE, ETH))
    assert free.break_evens[0] < paid.break_evens[0] < paid.break_evens[1] < free.break_evens[1]
    ruinous = dataclasses.replace(ETH, fees=Fees(of_underlying=0.02, of_price=0.9))
    assert "a credit at executable quotes" in condor_layer(MARKET, EXPOSURE, ruinous, LayerRules(), AMPLE).reason
