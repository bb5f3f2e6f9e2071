"""Outright or synthetic: the cheaper way is taken, on both sides, and pays the same."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sample_books import CHAINS, MARKET, NOW, mixed_book

from hedge.book.exposure import book_exposure
from hedge.instruments.execution import cheapest_execution, time_cost
from hedge.instruments.option_chain import OptionChain, Quote
from hedge.layers.budget import Budget
from hedge.layers.condor import condor_layer, condor_structure
from hedge.policy.layer_rules import LayerRules

pytestmark = pytest.mark.unit

ETH = CHAINS["ETH"]
WEEK = ETH.nearest_expiry(7, 3, 21)
PRICES = np.array([1.0, 1500.0, 2000.0, 2600.0, 9000.0])
EXPOSURE = book_exposure(mixed_book(), MARKET).assets["ETH"]


def shifted(chain: OptionChain, strike: float, is_call: bool, **by: float) -> OptionChain:
    """Return the chain with the quotes of one weekly option moved, such as ``ask=20``."""
    quotes = chain.quotes.copy()
    moved = (quotes["expiry_at"] == WEEK) & (quotes["strike"] == strike) & (quotes["is_call"] == is_call)
    assert moved.sum() == 1
    for column, amount in by.items():
        quotes.loc[moved, column] += amount
    return OptionChain.from_frame("ETH", NOW, 2000.0, quotes, "one option moved")


def quote(chain: OptionChain, strike: float, is_call: bool) -> Quote:
    return next(row for row in chain.rows if (row.expiry_at, row.strike, row.is_call) == (WEEK, strike, is_call))


@pytest.mark.parametrize("is_call", [False, True])
@pytest.mark.parametrize("sell", [False, True])
def test_cheapest_execution__fair_quotes__is_outright(is_call: bool, sell: bool) -> None:
    way, how = cheapest_execution(ETH, quote(ETH, 2000.0, is_call), sell)
    assert [leg.quantity for leg in way] == [-1.0 if sell else 1.0]
    assert how.startswith("outright at")


@pytest.mark.parametrize("is_call", [False, True])
@pytest.mark.parametrize("sell", [False, True])
def test_cheapest_execution__quote_moved_against_us__is_a_synthetic_that_pays_the_same_for_less(
    is_call: bool, sell: bool
) -> None:
    worse = shifted(ETH, 2000.0, is_call, bid=-20.0) if sell else shifted(ETH, 2000.0, is_call, ask=20.0)
    option = quote(worse, 2000.0, is_call)
    way, how = cheapest_execution(worse, option, sell)
    outright = worse.sold(option) if sell else worse.bought(option)
    assert len(way) == 3
    assert how.startswith("synthetic at")
    assert time_cost(way) < time_cost((outright,))
    profits = sum(leg.payoff(PRICES) - leg.cost_usd for leg in way) - (outright.payoff(PRICES) - outright.cost_usd)
    assert profits == pytest.approx([time_cost((outright,)) - time_cost(way)] * PRICES.size)


def test_cheapest_execution__no_quote_of_the_other_kind__is_outright_and_says_so() -> None:
    bare = shifted(ETH, 2000.0, True, ask=math.nan)
    assert "no synthetic is quoted" in cheapest_execution(bare, quote(bare, 2000.0, False))[1]


def test_condor__wing_dear_as_a_put__is_bought_as_its_synthetic_and_earns_more_credit() -> None:
    plain = condor_structure(ETH, LayerRules())
    dear = shifted(ETH, plain[0].strike, False, ask=20.0)
    structure = condor_structure(dear, LayerRules())
    outright = time_cost((dear.bought(quote(dear, plain[0].strike, False)), *plain[1:]))
    assert (len(plain), len(structure)) == (4, 6)
    assert time_cost(plain) < time_cost(structure) < outright
    apart = sum(leg.payoff(PRICES) for leg in structure) - sum(leg.payoff(PRICES) for leg in plain)
    assert apart == pytest.approx([apart[0]] * PRICES.size)


def test_condor_layer__with_a_synthetic_leg__is_still_financing_with_its_true_credit_and_loss() -> None:
    plain = condor_structure(ETH, LayerRules())
    dear = shifted(ETH, plain[0].strike, False, ask=20.0)
    layer = condor_layer(MARKET, EXPOSURE, dear, LayerRules(), Budget(0.0, 1e12))
    assert "synthetics" in layer.reason
    assert layer.financing
    assert layer.credit_usd == pytest.approx(-layer.units * time_cost(condor_structure(dear, LayerRules())))
    wing = plain[1].strike - plain[0].strike
    assert layer.max_loss_usd == pytest.approx(layer.units * wing - layer.credit_usd)
    assert len(layer.break_evens) == 2
