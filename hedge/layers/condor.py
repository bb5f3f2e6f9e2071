"""Layer 1, the core iron condor: sold to finance the others, or bought where the regime says so.

An LP is short gamma, and so is a sold condor: it is never counted as protection. This module finds the listed condor
and the size that its caps allow; how much of a sold one the book may carry is decided last, by `hedge.layers.gate`. A
bought condor is long gamma and needs no gate: its premium is what is left of the budget.
"""

from __future__ import annotations

import math

from hedge.book.exposure import AssetExposure
from hedge.errors import NotListed
from hedge.instruments.execution import Structure, cheapest_execution, time_cost
from hedge.instruments.layer import Layer, LayerRole, all_legs, build_layer, empty_layer, max_loss, sum_greeks
from hedge.instruments.leg import lots_down, lots_up
from hedge.instruments.option_chain import OptionChain, Quote
from hedge.layers.budget import Budget
from hedge.layers.decay import decay_usd
from hedge.layers.gate import Carrier, Condor, gate_condor
from hedge.layers.spec import LayerSpec, SizedLayer, SizingContext, register_layer
from hedge.market import HORIZON_DAYS, Market
from hedge.policy.layer_rules import CONDOR_TENOR, SHORT_DELTA, LayerRules
from hedge.risk.measures import rolled_pnl
from hedge.units import BPS, DAY


def condor_layer(
    market: Market,
    exposure: AssetExposure,
    chain: OptionChain,
    parameters: LayerRules,
    budget: Budget,
    most_credit_usd: float = math.inf,
) -> Layer:
    """Sell the listed iron condor in the largest size that the caps allow.

    Units are rounded down to whole lots.

    Parameters
    ----------
    exposure : of the asset whose chain this is. budget : only its notional binds, a condor pays no premium.
    most_credit_usd : most premium to collect: the decay to be financed, or the theta budget of the press.

    Returns
    -------
    Layer : empty, with the reason, where nothing fits or the quotes leave no credit.
    """
    asset, spot = exposure.asset, market.spot(exposure.asset)
    try:
        structure = condor_structure(chain, parameters)
    except NotListed as refused:
        return empty_layer("condor", asset, str(refused), LayerRole.FINANCING)
    credit = -time_cost(structure)
    by_size = parameters.condor_size_cap_bps / BPS * exposure.value_usd
    units = lots_down(min(by_size / spot, budget.notional_usd / spot, most_credit_usd / credit), structure[0].lot)
    reason = (
        f"{_terms(chain, structure)}, "
        f"credit {credit:,.2f} USD per unit; size cap {by_size:,.0f} USD, notional cap {budget.notional_usd:,.0f} USD"
    )
    if math.isfinite(most_credit_usd):
        reason += f", credit sought {most_credit_usd:,.0f} USD"
    return build_layer("condor", asset, structure, units, spot, reason, LayerRole.FINANCING)


def bought_condor_layer(
    market: Market, exposure: AssetExposure, chain: OptionChain, parameters: LayerRules, budget: Budget, gamma: float
) -> Layer:
    """Buy the listed iron condor until it offsets the short gamma that the other layers leave, or a cap binds.

    Parameters
    ----------
    budget : premium counts as the most that can be lost at expiry. gamma : net of the book with its protection, units
        per USD; where it is not short nothing is bought.
    """
    asset, spot = exposure.asset, market.spot(exposure.asset)
    if gamma >= 0.0:
        return empty_layer("condor", asset, "the book with its protection is not short gamma", LayerRole.FINANCING)
    try:
        structure = condor_structure(chain, parameters, bought=True)
    except NotListed as refused:
        return empty_layer("condor", asset, str(refused), LayerRole.FINANCING)
    lot, per_unit = structure[0].lot, sum_greeks(structure, {asset: spot}).gamma
    by_size = parameters.condor_size_cap_bps / BPS * exposure.value_usd
    allowed = min(lots_down(by_size / spot, lot), budget.units(max_loss(structure), spot, lot))
    wanted = lots_up(-gamma / per_unit, lot) if per_unit > 0.0 else 0.0
    sized = f"{wanted:g} units offset the short gamma that is left, caps allow {allowed:g}"
    reason = f"bought: {_terms(chain, structure)}; {sized}"
    return build_layer("condor", asset, structure, min(wanted, allowed), spot, reason, LayerRole.FINANCING)


def _terms(chain: OptionChain, structure: Structure) -> str:
    strikes = "/".join(f"{leg.strike:g}" for leg in structure)
    text = f"strikes {strikes}, {chain.days_to(structure[0].expiry_at):.1f} days"
    return text if len(structure) == 4 else f"{text}, partly as synthetics, which cost less"


def condor_structure(chain: OptionChain, parameters: LayerRules, bought: bool = False) -> Structure:
    """Find one unit of the condor, by strike: outer put, inner put, inner call, outer call.

    Inner legs are the strikes whose absolute deltas are nearest the governed one and inside 0.15 to 0.25; outer ones
    those nearest the governed distance beyond them; expiry the listed one nearest the governed tenor. A sold condor
    sells the inner legs at the bid and buys the outer ones at the ask; a bought one does the opposite. Each is traded
    outright, or as its synthetic where parity leaves an edge after fees (`hedge.instruments.execution`).

    Raises
    ------
    NotListed : no expiry, inner or outer leg fits, or a sold condor's quotes leave no credit.
    """
    expiry_at = chain.nearest_expiry(parameters.condor_tenor_days, CONDOR_TENOR.least, CONDOR_TENOR.most)
    distance = parameters.condor_wing_bps / BPS * chain.spot
    inner_put, inner_call = (_inner(chain, expiry_at, is_call, parameters, bought) for is_call in (False, True))
    low = _outer(chain, inner_put, inner_put.strike - distance, bought)
    high = _outer(chain, inner_call, inner_call.strike + distance, bought)
    sides = ((low, bought), (inner_put, not bought), (inner_call, not bought), (high, bought))
    structure = tuple(leg for quote, sell in sides for leg in cheapest_execution(chain, quote, sell)[0])
    cost = time_cost(structure)
    if cost >= 0.0 and not bought:
        raise NotListed(f"{chain.underlying} condor", "a credit at executable quotes", -cost)
    return structure


def _inner(chain: OptionChain, expiry_at: int, is_call: bool, parameters: LayerRules, bought: bool) -> Quote:
    """Return the inner option: inside the delta band and nearest the governed delta. Raises `NotListed`."""
    wanted = parameters.condor_short_delta_bps / BPS
    quoted = chain.buyable(expiry_at, is_call) if bought else chain.sellable(expiry_at, is_call)
    deltas = {quote: abs(chain.delta(quote)) for quote in quoted}
    inside = [quote for quote, delta in deltas.items() if SHORT_DELTA.least <= delta * BPS <= SHORT_DELTA.most]
    if not inside:
        nearest = min(deltas.values(), key=lambda delta: abs(delta - wanted), default=math.nan)
        band = f"absolute delta {SHORT_DELTA.least / BPS:g} to {SHORT_DELTA.most / BPS:g}"
        side = "an ask" if bought else "a bid"
        raise NotListed(f"{chain.underlying} {'call' if is_call else 'put'} with {side}", band, nearest)
    return min(inside, key=lambda quote: abs(deltas[quote] - wanted))


def _outer(chain: OptionChain, inner: Quote, strike: float, bought: bool) -> Quote:
    """Return the outer option: beyond the inner one, nearest `strike`. Raises `NotListed`."""
    listed = chain.sellable if bought else chain.buyable
    beyond = [
        quote
        for quote in listed(inner.expiry_at, inner.is_call)
        if (quote.strike > inner.strike) == inner.is_call and quote.strike != inner.strike
    ]
    if not beyond:
        side = "a bid" if bought else "an ask"
        raise NotListed(f"{chain.underlying} wing with {side}", f"strike near {strike:g}", math.nan)
    return min(beyond, key=lambda quote: abs(quote.strike - strike))


def _size(context: SizingContext) -> SizedLayer:
    """Size layer 1 as the regime asks: bought, or sold in the size that passes the gate, which may be none."""
    policy, market, asset, chain = context.sizing, context.market, context.exposure, context.chain
    budget = context.budget(notional_cap_usd=context.parameters.condor_notional_cap_usd)
    if policy and policy.condor == "buy":
        left = asset.gamma + sum_greeks(all_legs(context.own), {asset.asset: asset.spot}).gamma
        return SizedLayer(bought_condor_layer(market, asset, chain, context.parameters, budget, left))
    asked = condor_layer(market, asset, chain, context.parameters, budget, _most_credit(context))
    if policy and policy.condor == "none":
        asked = empty_layer("condor", asset.asset, policy.reasons[1], LayerRole.FINANCING)
    return _gated(context, asked)


def _most_credit(context: SizingContext) -> float:
    """Return the credit that the regime seeks over the condor's life, USD.

    finance : the decay of the protection until it expires. press : the share of the governed budget for that time.
    """
    mode = context.sizing.condor if context.sizing else None
    if mode not in ("press", "finance"):
        return math.inf
    try:
        structure = condor_structure(context.chain, context.parameters)
    except NotListed:
        return math.inf
    days = (structure[0].expiry_at - context.chain.observed_at) / DAY
    if mode == "finance":
        return decay_usd(context.own, days)
    return context.parameters.budget_bps / BPS * context.exposure.value_usd * days / HORIZON_DAYS


def _gated(context: SizingContext, asked: Layer) -> SizedLayer:
    """Return the condor in the size that passes the gate, and the gate's answer; none where no condor is listed."""
    try:
        structure = condor_structure(context.chain, context.parameters)
    except NotListed:
        return SizedLayer(asked)
    asset, spot = context.exposure, context.exposure.spot
    per_percent = spot**2 / 100.0
    bought, unit = (
        sum_greeks(legs, {asset.asset: spot}).gamma * per_percent for legs in (all_legs(context.own), structure)
    )
    carrier = Carrier(asset.gamma_usd, asset.gamma_usd + bought, context.pnl, context.risk.limit)
    condor = Condor(asset.asset, spot, structure[0].lot, unit, rolled_pnl(structure, context.scenarios))
    gate = gate_condor(condor, asked.units, carrier, asset.value_usd, context.parameters)
    reason = f"{asked.reason}; {gate.reason}"
    layer = build_layer("condor", asset.asset, structure, gate.accepted, spot, reason, LayerRole.FINANCING)
    return SizedLayer(layer, gate)


SPEC = register_layer(
    LayerSpec(
        name="condor",
        number=1,
        title="core iron condor",
        purpose="sold for its premium, whole and only where it pays; it finances and does not protect",
        keys=("condorShortDeltaBps", "condorWingBps", "condorTenorDays", "condorNotionalCapBps", "gammaCapBps"),
        role=LayerRole.FINANCING,
        size=_size,
        rank=10,
    )
)  # fmt: skip
