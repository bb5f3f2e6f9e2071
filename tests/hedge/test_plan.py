"""The whole plan: what it holds, and the properties that any book must satisfy."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sample_books import CALM, CHAINS, MARKET, NOW, after, chains, mixed_book, position

from hedge.book.positions import Book
from hedge.decision.decide import LEAST_USD
from hedge.errors import BadInput, ChainMismatch, UnknownAsset
from hedge.instruments.holdings import Holdings
from hedge.instruments.leg import LegGreeks
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.market import Market
from hedge.plan.build import Plan, build_plan
from hedge.plan.explain import resolve
from hedge.plan.notes import NAMED
from hedge.policy.parameters import KEYS, LastChange, Limits, Parameters

FAR = Parameters(rehedge_bps=0)
"""Without a least gain, so that small books trade too."""


def plan(book: Book, parameters: Parameters = FAR, holdings: Holdings | None = None) -> Plan:
    return build_plan(book, MARKET, CHAINS, parameters, scenario_count=512, signals=CALM, holdings=holdings)


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
        "trades",
        "layers",
        "greeks",
        "cvar",
        "limits",
        "update",
        "costs",
        "scenarios",
        "notes",
        "inputs",
        "regime",
        "comparison",
        "effects",
        "parity",
        "reasons",
    ]


@pytest.mark.unit
def test_plan__layers__come_by_asset_then_by_number_and_the_empty_ones_say_why() -> None:
    layers = plan(mixed_book()).layers
    order = [(layer.underlying, layer.name) for layer in layers]
    assert order == [(asset, name) for asset in ("BTC", "ETH") for name in ("delta", "condor", "volatility", "tail")]
    assert all(layer.reason for layer in layers)
    assert all(bool(layer.legs) is (layer.units > 0.0) for layer in layers)


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
@pytest.mark.parametrize("bps", [20, 100, 250])
def test_plan__every_limit__is_kept(bps: int) -> None:
    tight = Parameters(
        target_cvar_bps=0, cash_budget_bps=2 * bps, cost_budget_bps=bps // 10, turnover_cap_bps=2 * bps,
        volatility_premium_cap_bps=bps, tail_premium_cap_bps=bps, overlay_notional_cap_bps=20 * bps, rehedge_bps=0,
    )  # fmt: skip
    result = plan(mixed_book(), tight)
    value = result.exposure.value_usd
    assert result.trades
    assert {limit.key for limit in result.limits} == {
        "cashBudgetBps", "costBudgetBps", "turnoverCapBps", "overlayNotionalCapBps", "volatilityPremiumCapBps",
        "tailPremiumCapBps", "condorNotionalCapBps", "gammaCapBps",
    }  # fmt: skip
    for limit in result.limits:
        assert limit.used_usd <= limit.most_usd + 1e-6 * value, limit.name
    premium = {name: sum(max(layer.cost_usd, 0.0) for layer in result.layers if layer.name == name)
               for name in ("tail", "volatility")}  # fmt: skip
    assert all(paid <= bps / 1e4 * value * (1.0 + 1e-9) for paid in premium.values())
    assert sum(layer.notional_usd for layer in result.layers if layer.name != "condor") <= 20 * bps / 1e4 * value + 1.0
    assert result.costs["premium_usd"] <= result.costs["budget_usd"] == pytest.approx(2 * bps / 1e4 * value)


@pytest.mark.unit
def test_plan__nothing_held__layers_are_what_the_trades_buy_and_sell() -> None:
    result = plan(mixed_book())
    held: dict[str, float] = {}
    for leg in (leg for layer in result.layers for leg in layer.legs):
        held[leg.label] = held.get(leg.label, 0.0) + leg.quantity
    traded = {trade.instrument: trade.quantity * (1.0 if trade.side == "buy" else -1.0) for trade in result.trades}
    assert traded == pytest.approx(held)
    assert result.costs["cash_usd"] == pytest.approx(sum(trade.cash_usd for trade in result.trades))


@pytest.mark.unit
def test_plan__trades_done__next_plan_holds_and_its_layers_are_the_same() -> None:
    first = plan(mixed_book(), Parameters())
    held = dataclasses.replace(after(first), cash_usd=0.0)  # NaN, nothing known, is not equal to itself from 3.13 on
    again = plan(mixed_book(), Parameters(), held)
    assert (first.decision.answer, again.decision.answer, again.trades) == ("hedge", "hold", ())
    legs = [{leg.label: leg.quantity for layer in made.layers for leg in layer.legs} for made in (first, again)]
    assert legs[1] == pytest.approx(legs[0])
    assert again.holdings == held


@pytest.mark.unit
def test_plan__cvar_stages__are_the_books_own() -> None:
    result = plan(mixed_book(), Parameters())
    risk = result.risk
    assert risk.unhedged == risk.held > risk.protected >= risk.hedged > 0.0
    assert risk.target == pytest.approx(0.03 * result.exposure.value_usd)
    assert risk.month_unhedged > risk.unhedged
    assert risk.month_hedged < risk.month_unhedged
    assert result.decision.numbers["cvar_hedged_usd"] == risk.hedged


@pytest.mark.unit
def test_plan__update__shows_what_old_and_new_parameters_lead_to() -> None:
    short = Parameters(target_cvar_bps=50)
    result = plan(mixed_book(), short)
    assert result.update.changes
    assert result.update.before is not None
    assert result.update.after is not None
    again = plan(mixed_book(), result.update.applied(short))
    assert again.risk.hedged < result.risk.hedged
    # Whole lots cost a little, and the end of a perpetual is not cut to its own.
    assert result.update.before.cvar_usd == pytest.approx(result.risk.hedged, rel=0.01)
    assert result.update.after.cvar_usd == pytest.approx(again.risk.hedged, rel=0.01)


def test_plan__asset_without_a_chain__is_noted_with_its_value() -> None:
    result = build_plan(mixed_book(), MARKET, {"ETH": CHAINS["ETH"]}, Parameters(), scenario_count=512)
    assert {(layer.underlying, layer.name) for layer in result.layers if layer.legs} >= {("BTC", "delta")}
    assert {trade.instrument for trade in result.trades if trade.asset == "BTC"} == {"BTC-PERPETUAL"}
    assert any("BTC has no option chain: of 1,250,000 USD only the delta" in note for note in result.notes)
    total, hedged = result.exposure.assets["BTC"], result.greeks["hedged"]["BTC"]
    assert hedged.delta == pytest.approx(0.5 * total.delta, abs=1e-3)
    assert json.loads(json.dumps(result.to_dict())) == result.to_dict()


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
@settings(max_examples=10)
@given(value=st.floats(3e5, 1e7), lower=st.floats(1000.0, 1900.0), upper=st.floats(2100.0, 4000.0))
def test_plan__everything_doubled__doubles_the_plan_up_to_lots(value: float, lower: float, upper: float) -> None:
    """Among legs that serve alike lots may choose others: what is held is compared by what it does."""
    tight = Parameters(target_cvar_bps=0, rehedge_bps=0)
    once, twice = (
        plan(Book((position("a", usd, lower=lower, upper=upper), position("b", usd, "BTC", "ETH", 15.0, 27.0))), tight)
        for usd in (value, 2.0 * value)
    )
    assert twice.risk.hedged == pytest.approx(2.0 * once.risk.hedged, rel=0.01)
    assert twice.costs["premium_usd"] == pytest.approx(2.0 * once.costs["premium_usd"], rel=0.02)
    for asset in ("BTC", "ETH"):
        first, second = (made.greeks["hedged"][asset].delta_usd for made in (once, twice))
        assert second == pytest.approx(2.0 * first, abs=0.02 * value)


@pytest.mark.prop
@settings(max_examples=15)
@example(value=1e4, lower=1779.02, width=1.05, target=1006, cash=2, share=0)  # out of range: leave the pool
@given(
    value=st.floats(1e4, 1e7), lower=st.floats(1000.0, 2400.0), width=st.floats(1.05, 3.0),
    target=st.integers(0, 3000), cash=st.integers(0, 600), share=st.integers(0, 10_000),
)  # fmt: skip
def test_plan__any_book__keeps_its_limits_and_never_exceeds_its_target_in_silence(
    value: float, lower: float, width: float, target: int, cash: int, share: int
) -> None:
    asked = Parameters(
        target_cvar_bps=target, cash_budget_bps=max(cash, 70), delta_share_bps=share,
        tail_premium_cap_bps=min(cash, 70), volatility_premium_cap_bps=min(cash, 200),
    )  # fmt: skip
    result = plan(Book((position("a", value, lower=lower, upper=width * lower, fee_apr=1.0),)), asked)
    for limit in result.limits:
        assert limit.used_usd <= limit.most_usd + 1e-6 * value, limit.name
    assert all(trade.quantity > 0.0 for trade in result.trades)
    traded = result.decision.answer in ("hedge", "hold")  # else it is told as things are
    above = (result.risk.hedged if traded else result.risk.held) > result.risk.target * (1.0 + 1e-9) + LEAST_USD
    assert ("is above the target of" in result.decision.reasons[0]) is above
    assert result.risk.hedged <= result.risk.unhedged * (1.0 + 1e-9)


@pytest.mark.unit
def test_plan__zero_exposure__gives_no_legs_and_no_trades() -> None:
    nothing = dataclasses.replace(position("a", 1.0), liquidity=0.0)
    result = plan(Book((nothing,)))
    assert all(layer.legs == () for layer in result.layers)
    assert result.decision.answer == "do not hedge"
    assert result.trades == ()
    assert result.update.changes == ()


@pytest.mark.unit
def test_plan__all_in_usd_below_its_range__nothing_to_hedge() -> None:
    away = Book((position("a", 1e6, lower=100.0, upper=200.0, fee_apr=1.0),))
    result = plan(away)
    assert result.trades == ()
    assert result.risk.hedged == 0.0


def nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for below in tree["from"]:
        yield from nodes(below)


@pytest.mark.unit
def test_reasons__every_node__points_to_its_own_value_and_ends_in_inputs() -> None:
    content = plan(mixed_book(), Parameters(target_cvar_bps=50)).to_dict()
    found = list(nodes(content["reasons"]))
    assert len(found) > 100
    for node in found:
        assert resolve(content, node["at"]) == node["value"]
        assert node["why"] or node["at"].startswith("/inputs")
        if not node["from"]:
            assert node["at"].startswith(("/inputs", "/limits")) or not content["inputs"]["signals"]


@pytest.mark.unit
def test_reasons__every_leg_layer_number_and_change__has_its_node() -> None:
    content = plan(mixed_book(), Parameters(target_cvar_bps=50)).to_dict()
    pointers = {node["at"] for node in nodes(content["reasons"])}
    wanted = {f"/decision/numbers/{name}" for name in content["decision"]["numbers"]}
    for i, layer in enumerate(content["layers"]):
        wanted |= {f"/layers/{i}/units", *(f"/layers/{i}/legs/{j}/price" for j in range(len(layer["legs"])))}
    wanted |= {f"/update/changes/{i}/new" for i in range(len(content["update"]["changes"]))}
    assert content["update"]["changes"]
    assert wanted <= pointers


@pytest.mark.unit
def test_plan__many_positions_of_unknown_fees__the_note_names_the_largest_and_counts_the_rest() -> None:
    gifts = [position(f"gift-{number}", 100.0 + number, fee_apr=float("nan")) for number in range(NAMED + 10)]
    (note,) = (note for note in plan(Book((*gifts, position("own", 1e6)))).notes if note.startswith("Fees are unknown"))
    largest = [f"gift-{number}" for number in reversed(range(10, NAMED + 10))]
    assert note == f"Fees are unknown for {', '.join(largest)} and 10 more: no advice to leave."
