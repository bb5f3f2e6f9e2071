"""What is held, leg by leg: marks and their sources, layers, what they cover."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from sample_books import CHAINS, MARKET, NOW, mixed_book

from hedge.book.exposure import book_exposure
from hedge.decision.held import MarkSource, held_greeks, held_legs, layer_covers
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.option_chain import OptionChain
from hedge.policy.parameters import Parameters
from hedge.units import DAY

pytestmark = pytest.mark.unit
CHAIN = CHAINS["ETH"]
FIRST = Parameters()


def listed(days: float, strike: float, is_call: bool) -> Contract:
    expiry_at = CHAIN.first_expiry(days)
    rows = [row for row in CHAIN.rows if row.expiry_at == expiry_at and row.is_call == is_call]
    row = min(rows, key=lambda quote: abs(quote.strike - strike))
    return Contract("ETH", row.expiry_at, row.strike, row.is_call)


def quoteless(contract: Contract) -> OptionChain:
    """Return the chain without quotes of one contract."""
    quotes = CHAIN.quotes
    other = (quotes.expiry_at != contract.expiry_at) | (quotes.strike != contract.strike)
    return OptionChain.from_frame("ETH", NOW, CHAIN.spot, quotes[other | (quotes.is_call != contract.is_call)], "rest")


def only(holdings: Holdings, chains: dict[str, OptionChain]) -> tuple[float, MarkSource, str, int]:
    (held,) = held_legs(holdings, MARKET, chains, FIRST)
    return held.leg.price, held.source, held.layer, held.marked_at


def test_held_legs__same_option_by_each_source__marks_agree_and_say_where_they_are_from() -> None:
    put = listed(20.0, 1_800.0, False)
    own = Holdings({put: 10.0})
    quoted, source, layer, at = only(own, CHAINS)
    assert (source, layer, at) == (MarkSource.QUOTE, "tail", NOW)
    between, source, _, _ = only(own, {"ETH": quoteless(put)})
    assert source is MarkSource.SURFACE
    assert between == pytest.approx(quoted, rel=0.02)
    alone, source, _, _ = only(own, {})
    assert source is MarkSource.VOLATILITY
    assert alone == pytest.approx(quoted, rel=0.5)


def test_held_legs__old_quotes__mark_says_their_time() -> None:
    put = listed(20.0, 1_800.0, False)
    later = replace(MARKET, observed_at=NOW + 3_600)
    (held,) = held_legs(Holdings({put: 1.0}), later, CHAINS, FIRST)
    assert held.marked_at == NOW
    assert held.leg.expiry == pytest.approx((put.expiry_at - NOW - 3_600) / 31_536_000)


def test_held_legs__expired_option__is_its_pay_off_and_has_no_greeks() -> None:
    past = Contract("ETH", NOW - DAY, 2_500.0, False)
    (held,) = held_legs(Holdings({past: 2.0}), MARKET, CHAINS, FIRST)
    assert (held.source, held.value_usd) == (MarkSource.EXPIRED, 1_000.0)
    assert held.greeks.delta == 0.0
    assert held.days_left(NOW) == -1.0


def test_held_legs__condor_and_a_put_more__wings_are_the_condors_and_the_rest_the_tails() -> None:
    short, wing = listed(10.0, 1_800.0, False), listed(10.0, 1_700.0, False)
    upper, cap = listed(10.0, 2_200.0, True), listed(10.0, 2_300.0, True)
    own = Holdings({short: -5.0, wing: 8.0, upper: -5.0, cap: 5.0})
    legs = held_legs(own, MARKET, CHAINS, FIRST)
    found = sorted((held.leg.label, held.layer, held.leg.quantity, held.naked) for held in legs)
    assert found == sorted(
        [(short.label, "condor", -5.0, 0.0), (upper.label, "condor", -5.0, 0.0), (cap.label, "condor", 5.0, 0.0),
         (wing.label, "condor", 5.0, 0.0), (wing.label, "tail", 3.0, 0.0)]
    )  # fmt: skip


def test_held_legs__sold_without_a_wing__is_named_naked() -> None:
    (held,) = held_legs(Holdings({listed(10.0, 1_800.0, False): -3.0}), MARKET, CHAINS, FIRST)
    assert (held.layer, held.naked) == ("condor", 3.0)


def test_layer_covers__perpetual_and_puts__offset_a_share_of_the_pools() -> None:
    exposure = book_exposure(mixed_book(), MARKET)
    delta = exposure.assets["ETH"].delta
    own = Holdings({listed(20.0, 1_700.0, False): 100.0}, {"ETH": -0.25 * delta})
    legs = held_legs(own, MARKET, CHAINS, FIRST)
    covers = {cover.layer: cover for cover in layer_covers(exposure, legs, FIRST, NOW)}
    assert covers["delta"].delta_share == pytest.approx(0.25)
    assert math.isnan(covers["delta"].cap_usd)
    assert math.isinf(covers["delta"].days_left)
    assert covers["delta"].to_dict()["days_left"] is None
    tail = covers["tail"]
    assert tail.gamma_share > 0.0
    assert tail.cap_usd == pytest.approx(FIRST.tail_premium_cap_bps / 1e4 * exposure.value_usd)
    assert tail.value_usd == pytest.approx(100.0 * legs[-1].leg.price)
    net = held_greeks(exposure, legs)["ETH"]
    assert net.delta == pytest.approx(0.75 * delta + tail.delta_usd / 2_000.0)
    assert net.vega_usd == pytest.approx(tail.vega_usd)


def test_layer_covers__asset_that_no_pool_has__has_no_share_of_it() -> None:
    exposure = book_exposure(mixed_book(), replace(MARKET))
    market = replace(MARKET, spots={**MARKET.spots, "SOL": 100.0}, vols={**MARKET.vols, "SOL": 0.9})
    legs = held_legs(Holdings(perpetuals={"SOL": 5.0}), market, {}, FIRST)
    (cover,) = layer_covers(exposure, legs, FIRST, NOW)
    assert (cover.delta_usd, math.isnan(cover.delta_share)) == (500.0, True)
    assert "SOL" not in held_greeks(exposure, legs)
