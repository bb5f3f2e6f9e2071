"""Conversion and reversal: edges per strike at bid and ask, after fees."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sample_books import CHAINS, NOW

from bridge.study.chain_files import read_chains
from bridge.study.problems import Problems
from hedge.errors import BadInput, NotListed
from hedge.instruments.fees import DERIBIT, NO_FEES, Fees
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.parity import best_forward, scan_parity

pytestmark = pytest.mark.unit

ETH = CHAINS["ETH"]
FREE = dataclasses.replace(ETH, fees=NO_FEES)


def with_bid(chain: OptionChain, strike: float, is_call: bool, above: float) -> OptionChain:
    """Return the chain with one option of its third expiry bid (and asked) `above` more."""
    quotes = chain.quotes.copy()
    dear = (quotes["expiry_at"] == chain.expiries()[2]) & (quotes["strike"] == strike) & (quotes["is_call"] == is_call)
    assert dear.sum() == 1
    quotes.loc[dear, ["bid", "ask"]] += above
    return OptionChain.from_frame(chain.underlying, NOW, chain.spot, quotes, "one dear option")


def coin_chain(spot: float, forward: float) -> OptionChain:
    """Return a put and a call at each of three strikes, priced in coin without a spread and paid for at the index."""
    expiry_at, years = NOW + 200 * 86_400, 200 / 365
    rows = [
        {"strike": strike, "is_call": is_call, "coin": max(1.0 - strike / forward, 0.0) * is_call + 0.05 + short}
        for strike in (2000.0, 3000.0, 4000.0)
        for is_call, short in ((True, 0.0), (False, max(strike / forward - 1.0, 0.0)))
    ]
    frame = pd.DataFrame(rows)
    frame = frame.assign(bid=frame["coin"] * spot, ask=frame["coin"] * spot, vol=0.6, forward=forward, lot=1.0)
    frame = frame.assign(expiry_at=expiry_at, expiry=years, rate=math.log(forward / spot) / years)
    return OptionChain.from_frame("ETH", NOW, spot, frame, "in coin", fees=NO_FEES)


def test_scan__coin_settled_chain_with_a_basis__implies_the_quoted_forward_at_every_strike() -> None:
    found = scan_parity(coin_chain(3000.0, 3075.0))
    implied = [price for quote in found.quotes for price in (quote.sold_at, quote.bought_at)]
    assert implied == pytest.approx([3075.0] * 6, rel=1e-12)
    assert max(abs(box.edge) for box in found.boxes) < 1e-9


def test_forward_of_a_coin_settled_chain__value_at_the_horizon__is_discounted_at_the_carry() -> None:
    chain = coin_chain(3000.0, 3075.0)
    put, call = best_forward(chain, chain.expiries()[0], sell=False)
    carry, left, spots = math.log(3075.0 / 3000.0) / (200 / 365), 170 / 365, np.array([2000.0, 3000.0, 4000.0])
    value = put.value(spots, 30 / 365) + call.value(spots, 30 / 365)
    assert value == pytest.approx(spots - put.strike * math.exp(-carry * left), abs=1e-9)


def test_fee__coin_settled_chain__is_a_share_of_the_index() -> None:
    chain = dataclasses.replace(coin_chain(3000.0, 3075.0), fees=DERIBIT)
    assert [chain.bought(row).fee for row in chain.rows] == pytest.approx([0.0003 * 3000.0] * 6)


def test_scan__chains_of_2026__have_no_edge_above_the_fees(recorded: Path) -> None:
    path = recorded / "iv" / "deribit_chains_daily_2026h1.parquet"
    quotes = read_chains(path, ("ETH", "BTC"), Problems())
    scans = [scan_parity(shot.chain) for shots in quotes.values() for shot in shots[::3]]
    assert sum(len(scan.boxes) for scan in scans) > 1000
    assert [scan.edges for scan in scans if scan.edges] == []


def test_scan__arbitrage_free_chain__has_every_strike_and_no_edge() -> None:
    scan = scan_parity(ETH)
    assert len(scan.quotes) > 100
    assert scan.edges == ()
    for forward in scan.quotes:
        assert not forward.conversion > 0.0
        assert not forward.reversal > 0.0
        if not math.isnan(forward.sold_at + forward.bought_at):
            assert forward.sold_at < forward.call.forward < forward.bought_at


def test_scan__dear_call__shows_the_conversion_at_its_strike_and_the_box() -> None:
    dear = with_bid(ETH, 2000.0, True, 150.0)
    scan = scan_parity(dear)
    best = max(
        (forward for forward in scan.quotes if forward.sold_at == forward.sold_at),
        key=lambda forward: forward.conversion,
    )
    assert (best.expiry_at, best.strike) == (ETH.expiries()[2], 2000.0)
    assert best.conversion > 100.0
    (box,) = scan.edges
    assert (box.expiry_at, box.sell_strike) == (best.expiry_at, 2000.0)
    assert box.edge < 150.0


def test_scan__dear_put__shows_the_reversal_at_its_strike() -> None:
    scan = scan_parity(with_bid(ETH, 2000.0, False, 150.0))
    best = max(
        (forward for forward in scan.quotes if forward.bought_at == forward.bought_at),
        key=lambda forward: forward.reversal,
    )
    assert (best.strike, scan.edges[0].buy_strike) == (2000.0, 2000.0)


def test_scan__edge__is_what_the_four_trades_pay_at_every_price() -> None:
    dear = dataclasses.replace(with_bid(ETH, 2000.0, True, 150.0), fees=NO_FEES)
    (box,) = scan_parity(dear).edges
    rows = {(row.strike, row.is_call): row for row in dear.rows if row.expiry_at == box.expiry_at}
    legs = [
        dear.bought(rows[box.buy_strike, True]), dear.sold(rows[box.buy_strike, False]),
        dear.sold(rows[box.sell_strike, True]), dear.bought(rows[box.sell_strike, False]),
    ]  # fmt: skip
    cash = -sum(leg.cost_usd for leg in legs)
    for price in (1.0, 1500.0, 2000.0, 2600.0, 9000.0):
        assert sum(float(leg.payoff(price)) for leg in legs) + cash == pytest.approx(box.edge)


def test_fees__deribit__are_a_share_of_the_forward_capped_by_the_price() -> None:
    assert DERIBIT.usd(100.0, 2000.0) == pytest.approx(0.6)
    assert DERIBIT.usd(1.0, 2000.0) == pytest.approx(0.125)
    assert Fees(0.0, 0.0, per_unit=0.5).usd(1.0, 2000.0) == 0.5
    assert math.isnan(DERIBIT.usd(math.nan, 2000.0))
    for wrong in ({"of_underlying": 1.0}, {"of_price": -0.1}, {"per_unit": math.inf}):
        with pytest.raises(BadInput):
            Fees(**wrong)


def test_scan__fees__only_ever_lower_the_edges() -> None:
    pairs = zip(scan_parity(FREE).quotes, scan_parity(ETH).quotes, strict=True)
    assert all(not paid.sold_at > free.sold_at and not paid.bought_at < free.bought_at for free, paid in pairs)


def test_best_forward__both_sides__trade_at_executable_quotes() -> None:
    expiry_at = ETH.expiries()[3]
    put, call = best_forward(ETH, expiry_at, sell=True)
    assert (put.quantity, call.quantity, put.strike) == (1.0, -1.0, call.strike)
    put, call = best_forward(ETH, expiry_at, sell=False)
    assert (put.quantity, call.quantity) == (-1.0, 1.0)


@pytest.mark.parametrize("sell", [True, False])
def test_best_forward__best_price_at_a_strike_of_twice_the_spot__is_never_traded(sell: bool) -> None:
    chain = coin_chain(3000.0, 3075.0)
    quotes = chain.quotes.assign(strike=chain.quotes["strike"].replace({4000.0: 6000.0}))
    far = quotes["strike"] == 6000.0
    intrinsic = (6000.0 - 3075.0) * 3000.0 / 3075.0
    value = np.where(quotes["is_call"], 0.05, intrinsic + 0.05) + np.where(quotes["is_call"] == sell, 60.0, 0.0)
    quotes.loc[far, ["bid", "ask"]] = np.column_stack([value, value])[far]
    chain = OptionChain.from_frame("ETH", NOW, 3000.0, quotes, "a dear far strike", fees=NO_FEES)
    scanned = {forward.strike: forward.sold_at if sell else -forward.bought_at for forward in scan_parity(chain).quotes}
    assert max(scanned, key=lambda strike: scanned[strike]) == 6000.0
    assert {leg.strike for leg in best_forward(chain, chain.expiries()[0], sell)} == {3000.0}


def test_best_forward__strike_that_implies_a_forward_far_from_the_listed_one__is_not_traded() -> None:
    stale = with_bid(ETH, 2000.0, True, 250.0)
    expiry_at = stale.expiries()[2]
    assert max(scan_parity(stale).quotes, key=lambda forward: forward.sold_at).strike == 2000.0
    put, _ = best_forward(stale, expiry_at, sell=True)
    assert put.strike != 2000.0
    assert abs(put.strike / 2000.0 - 1.0) <= 0.2


def test_delta_benchmark__every_chain_of_2026__trades_near_the_spot(recorded: Path) -> None:
    quotes = read_chains(recorded / "iv" / "deribit_chains_daily_2026h1.parquet", ("BTC",), Problems())["BTC"]
    for shot in quotes[::10]:
        chain = shot.chain
        put, call = best_forward(chain, chain.first_expiry(30.0), sell=True)
        assert abs(put.strike / chain.spot - 1.0) <= 0.2
        assert put.strike == call.strike


def test_best_forward__expiry_without_quotes__is_refused() -> None:
    with pytest.raises(NotListed):
        best_forward(ETH, 1, sell=True)
