"""The whole plan: what it holds, and the properties that any book must satisfy."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CALM, CHAINS, MARKET, NOW, chains, mixed_book, position

from hedge.book.positions import Book
from hedge.errors import BadInput, ChainMismatch, UnknownAsset
from hedge.instruments.leg import LegGreeks
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Market
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import KEYS, LastChange, Limits, Parameters

UNBOUND = Parameters(overlay_notional_cap_usd=500_000_000, condor_notional_cap_usd=50_000_000)


def plan(book: Book, parameters: Parameters = UNBOUND) -> Plan:
    return build_plan(book, MARKET, CHAINS, parameters, scenario_count=512, signals=CALM)


def units(book: Book, parameters: Parameters = UNBOUND) -> dict[tuple[str, str], float]:
    """Return the units of every layer, keyed by underlying and name."""
    return {(layer.underlying, layer.name): layer.units for layer in plan(book, parameters).layers}


def scaled(book: Book, factor: float) -> Book:
    """Return the book with every position `factor` times as large."""
    return Book(
        tuple(
            dataclasses.replace(
                pool,
                liquidity=pool.liquidity * factor,
                held_base=pool.held_base * factor,
                held_quote=pool.held_quote * factor,
            )
            for pool in book.positions
        )
    )


@pytest.mark.unit
def test_plan__same_inputs_built_twice__gives_the_same_json() -> None:
    first, second = (
        build_plan(mixed_book(), MARKET, chains(), Parameters(), scenario_count=512).to_dict() for _ in range(2)
    )
    assert json.dumps(first, allow_nan=False) == json.dumps(second, allow_nan=False)


@pytest.mark.unit
def test_plan__to_dict__survives_json_and_holds_every_part() -> None:
    parts = plan(mixed_book()).to_dict()
    assert json.loads(json.dumps(parts, allow_nan=False)) == parts
    assert list(parts) == [
        "decision",
        "exposure",
        "layers",
        "greeks",
        "cvar",
        "gate",
        "update",
        "costs",
        "notes",
        "inputs",
        "regime",
        "comparison",
        "effects",
        "parity",
        "rolls",
        "reasons",
    ]


@pytest.mark.unit
def test_plan__layers__come_by_asset_then_in_the_order_they_are_sized() -> None:
    order = [(layer.underlying, layer.name) for layer in plan(mixed_book()).layers]
    assert order == [(asset, name) for asset in ("BTC", "ETH") for name in ("tail", "volatility", "condor")]


@pytest.mark.unit
def test_plan__net_greeks__are_the_books_plus_the_layers() -> None:
    result = plan(mixed_book())
    for asset, total in result.exposure.assets.items():
        legs = sum((layer.greeks for layer in result.layers if layer.underlying == asset), LegGreeks())
        assert result.greeks["hedged"][asset].delta == pytest.approx(total.delta + legs.delta)
        assert result.greeks["hedged"][asset].gamma == pytest.approx(total.gamma + legs.gamma)
        assert result.greeks["hedged"][asset].vega_usd == pytest.approx(legs.vega)
        assert result.greeks["unhedged"][asset].gamma == total.gamma


@pytest.mark.unit
def test_plan__premiums__stay_within_each_cap_and_the_budget() -> None:
    result = plan(mixed_book())
    value, p = result.exposure.value_usd, UNBOUND
    for name, cap in (("tail", p.tail_premium_cap_bps), ("volatility", p.volatility_premium_cap_bps)):
        assert sum(layer.max_loss_usd for layer in result.layers if layer.name == name) <= cap / 1e4 * value
    assert result.costs["premium_usd"] <= result.costs["budget_usd"] == pytest.approx(0.03 * value)


@pytest.mark.unit
def test_plan__overlay_notional_cap__holds_over_all_layers() -> None:
    result = plan(mixed_book(), Parameters(overlay_notional_cap_usd=600_000))
    assert sum(layer.notional_usd for layer in result.layers) <= 600_000


@pytest.mark.unit
def test_plan__update__shows_what_old_and_new_parameters_lead_to() -> None:
    result = plan(mixed_book(), Parameters())
    assert result.update.changes
    assert result.metrics is not None
    assert result.metrics[0].cvar_usd == result.gate.risk.hedged
    again = plan(mixed_book(), result.update.applied(Parameters()))
    assert result.metrics[1].cvar_usd == again.gate.risk.hedged


@pytest.mark.unit
def test_plan__no_layers__notes_speak_of_none() -> None:
    bare = build_plan(mixed_book(), MARKET, {}, Parameters())
    assert not [note for note in bare.notes if "condor" in note or "synthetic" in note or "expire" in note]


def test_plan__notes_on_condors__only_where_one_is_sold() -> None:
    stressed = build_plan(mixed_book(), MARKET, CHAINS, Parameters())
    sold = build_plan(mixed_book(), MARKET, CHAINS, Parameters(), signals=CALM)
    assert any(layer.financing for layer in sold.layers)
    assert not any(layer.financing for layer in stressed.layers)
    assert [any("condor" in note for note in made.notes) for made in (stressed, sold)] == [False, True]


def test_plan__asset_without_a_chain__is_noted_with_its_value() -> None:
    result = build_plan(mixed_book(), MARKET, {"ETH": CHAINS["ETH"]}, Parameters(), scenario_count=512)
    assert {layer.underlying for layer in result.layers} == {"ETH"}
    assert any("BTC has no option chain: 1,250,000 USD" in note for note in result.notes)


@pytest.mark.unit
def test_plan__chain_seen_at_another_spot__is_refused_with_both() -> None:
    stale = synthetic_chain("ETH", 2200.0, NOW, 0.65)
    with pytest.raises(ChainMismatch) as refused:
        build_plan(mixed_book(), MARKET, {"ETH": stale}, Parameters())
    assert (refused.value.chain_spot, refused.value.market_spot) == (2200.0, 2000.0)


@pytest.mark.unit
def test_plan__chain_under_another_name__is_refused() -> None:
    with pytest.raises(BadInput):
        build_plan(mixed_book(), MARKET, {"BTC": CHAINS["ETH"]}, Parameters())


@pytest.mark.unit
def test_plan__market_without_an_asset_of_the_book__is_refused() -> None:
    with pytest.raises(UnknownAsset):
        build_plan(mixed_book(), Market(NOW, {"ETH": 2000.0}, {"ETH": 0.65}), {}, Parameters())


@pytest.mark.unit
def test_plan__limits_and_updates__are_part_of_the_inputs() -> None:
    limits = {key.id: Limits(key.least, key.most, 10, 10, 60) for key in KEYS}
    last = LastChange(NOW, 0, 5000, NOW + 60)
    result = build_plan(mixed_book(), MARKET, CHAINS, Parameters(), limits, {3: last}, scenario_count=512)
    assert result.inputs["limits"]["3"]["step_up"] == 10
    expected = {"at": NOW, "least": 0, "most": 5000, "window_ends_at": NOW + 60}
    assert result.inputs["last_changes"] == {"3": expected}


@pytest.mark.prop
@settings(max_examples=15)
@given(value=st.floats(1e5, 1e7), more=st.floats(0.0, 1e7), lower=st.floats(1000.0, 1900.0))
def test_plan__more_liquidity__never_gives_less_protection(value: float, more: float, lower: float) -> None:
    first = position("a", value, lower=lower)
    less, greater = units(Book((first,))), units(Book((first, position("b", more))))
    for name in ("tail", "volatility"):
        assert greater["ETH", name] >= less["ETH", name]


@pytest.mark.prop
@settings(max_examples=15)
@given(value=st.floats(1e5, 1e7), lower=st.floats(1000.0, 1900.0), upper=st.floats(2100.0, 4000.0))
def test_plan__everything_doubled__doubles_the_layers_up_to_lots(value: float, lower: float, upper: float) -> None:
    """Bought layers round once: one lot. A condor rounds itself and rides on two that did: three lots, as a lot of a
    far option frees less gamma than a lot of the weekly condor takes."""
    book = Book((position("a", value, lower=lower, upper=upper), position("b", value, "BTC", "ETH", 15.0, 27.0)))
    once, twice = units(book), units(scaled(book, 2.0))
    lots = {"ETH": 0.1, "BTC": 0.01}
    for (asset, name), held in once.items():
        slack = (3.0 if name == "condor" else 1.0) * lots[asset]
        assert twice[asset, name] == pytest.approx(2.0 * held, abs=slack * (1 + 1e-6))


@pytest.mark.unit
def test_plan__zero_exposure__gives_no_legs() -> None:
    nothing = dataclasses.replace(position("a", 1.0), liquidity=0.0)
    result = plan(Book((nothing,)))
    assert all(layer.legs == () for layer in result.layers)
    assert result.decision.answer == "do not hedge"
    assert result.update.changes == ()
