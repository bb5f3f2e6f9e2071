"""A ledger of its own for one asset: its keys bound that asset's legs, and nothing else of it counts."""

from __future__ import annotations

import json
from functools import cache

import pytest
from sample_books import CALM, CHAINS, MARKET, NOW, mixed_book, position

from hedge.book.positions import Book
from hedge.decision.programme.pose import NOTHING_KNOWN
from hedge.instruments.holdings import Holdings
from hedge.plan.build import Plan, build_plan
from hedge.plan.published import bulk_inputs, remake_plan
from hedge.policy.parameters import KEY_IDS, KEYS, LEG_KEYS, Key, OwnTerms, Parameters, broken_rules

pytestmark = pytest.mark.unit

ALL = Parameters(target_cvar_bps=0)
"""All that the budgets give."""
NOTHING = Parameters(delta_share_bps=0, volatility_premium_cap_bps=0, tail_premium_cap_bps=0, condor_notional_cap_bps=0)
"""No leg may be bought or sold."""


@cache
def plan(parameters: Parameters = ALL, own: tuple[tuple[str, OwnTerms], ...] = (), book: Book | None = None) -> Plan:
    return build_plan(book or mixed_book(), MARKET, CHAINS, parameters, scenario_count=256, signals=CALM, own=dict(own))


def ticket(made: Plan) -> list[tuple[str, str, float]]:
    return [(trade.side, trade.instrument, trade.quantity) for trade in made.trades]


def btc(values: Parameters) -> tuple[tuple[str, OwnTerms], ...]:
    return (("BTC", OwnTerms(values)),)


def test_own__of_an_asset_that_the_book_does_not_hold__changes_nothing() -> None:
    book = Book((position("eth", 1e6),))
    assert plan(book=book, own=btc(NOTHING)).to_dict() == plan(book=book).to_dict()


def test_own__same_values_for_the_only_asset__gives_the_same_trades() -> None:
    book = Book((position("eth", 1e6),))
    alone, apart = plan(book=book), plan(book=book, own=(("ETH", OwnTerms(ALL)),))
    assert ticket(apart) == ticket(alone)
    assert apart.risk == alone.risk


def test_own__that_allows_no_leg__leaves_the_other_asset_its_trades() -> None:
    made = plan(own=btc(NOTHING))
    assert {trade.asset for trade in made.trades} == {"ETH"}
    assert {trade.asset for trade in plan().trades} == {"ETH", "BTC"}


def test_own__caps__bound_that_asset_alone() -> None:
    tight = plan(own=btc(Parameters(tail_premium_cap_bps=1, volatility_premium_cap_bps=1)))
    limits = {limit.name: limit for limit in tight.limits}
    value = tight.exposure.value_usd
    for layer in ("tail", "volatility"):
        assert limits[f"{layer} premium of BTC"].most_usd == pytest.approx(value * 1e-4)
        assert limits[f"{layer} premium of BTC"].used_usd <= value * 1e-4 * (1.0 + 1e-9)
        assert limits[f"{layer} premium"].most_usd == pytest.approx(0.02 * value)
    held = {(layer.underlying, layer.name): sum(leg.cost_usd for leg in layer.legs) for layer in tight.layers}
    assert sum(held["BTC", layer] for layer in ("tail", "volatility")) <= 2.1e-4 * value
    assert held["ETH", "volatility"] + held["ETH", "tail"] > 2.1e-4 * value


@pytest.mark.parametrize("key", [key for key in KEYS if key.name not in LEG_KEYS], ids=lambda key: key.name)
def test_own__keys_of_the_whole_book__are_the_main_ledgers(key: Key) -> None:
    moved = next(
        values
        for end in (key.most, key.least, (key.least + key.most) // 2, key.initial + 1)
        if end != key.initial and not broken_rules(values := Parameters().replaced({key.id: end}))
    )
    assert ticket(plan(own=btc(moved))) == ticket(plan(own=btc(Parameters())))


def test_own__cap_that_binds__is_proposed_to_that_ledger_and_not_to_the_main_one() -> None:
    tight = Parameters(tail_premium_cap_bps=1, volatility_premium_cap_bps=1)
    made = plan(own=btc(tight))
    proposed = {KEYS[change.key].name for change in made.own_updates["BTC"].changes}
    assert proposed
    assert proposed <= LEG_KEYS
    assert all(change.old == tight.to_values()[change.key] for change in made.own_updates["BTC"].changes)
    assert "own_updates" in made.to_dict()
    assert "own_updates" not in plan().to_dict()
    assert not {"tailPremiumCapBps", "volatilityPremiumCapBps"} & {
        KEYS[change.key].name for change in made.update.changes
    }


def test_own__published_inputs__make_the_same_plan() -> None:
    made = plan(own=btc(Parameters(delta_share_bps=2000)))
    bulk = json.loads(json.dumps(bulk_inputs(CHAINS, NOTHING_KNOWN, Holdings(), CALM)))
    again = remake_plan(json.loads(json.dumps(made.inputs)), bulk)
    assert again.inputs == made.inputs
    assert again.trades == made.trades
    assert made.inputs["own"]["BTC"]["parameters"][KEY_IDS["deltaShareBps"]] == 2000
    assert made.inputs["at"] == NOW
