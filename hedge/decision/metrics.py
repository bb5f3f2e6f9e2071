"""What a plan leads to: its layers, net greeks per asset, cash and tail risk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from hedge.book.exposure import BookExposure
from hedge.decision.programme.answer import Answer
from hedge.decision.programme.columns import Column
from hedge.decision.programme.goal import MONTH
from hedge.decision.programme.pose import Posed
from hedge.decision.trades import Trade
from hedge.instruments.contract import Contract
from hedge.instruments.layer import Layer, break_evens, max_loss, sum_greeks
from hedge.instruments.leg import Leg, LegGreeks
from hedge.instruments.option_chain import OptionChain
from hedge.layers.decay import decay_usd
from hedge.layers.registry import layer_spec
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar


@dataclass(frozen=True)
class NetGreeks:
    """Hold net sensitivities to one asset: units, USD, USD per 1 % move, per 1.00 of volatility, per year."""

    delta: float
    delta_usd: float
    gamma: float
    gamma_usd: float
    vega_usd: float
    theta_usd: float


@dataclass(frozen=True)
class TailRisk:
    """Hold CVaR95 in USD against the benchmark, positive for a loss.

    Parameters
    ----------
    horizon_days : of the first five. unhedged : of the book alone. held : with what is held. protected : with all that
        the plan holds but what it sells. hedged : with the plan. target : below which no more is spent.
    month_unhedged, month_hedged : over 30 days.
    """

    horizon_days: float
    unhedged: float
    held: float
    protected: float
    hedged: float
    target: float
    month_unhedged: float
    month_hedged: float


@dataclass(frozen=True)
class PlanMetrics:
    """Hold what one set of parameters leads to: cash in options, expected cost in 30 days, CVaR95, in USD."""

    cash_usd: float
    expected_cost_30d_usd: float
    cvar_usd: float

    def to_dict(self) -> dict[str, float]:
        """Return pure JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class LimitUse:
    """Hold one limit: what sets it, how much of it is used, USD, and by how much one USD more of it lowers CVaR95."""

    name: str
    key: str
    most_usd: float
    used_usd: float
    price: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return asdict(self)


def limit_uses(posed: Posed, answer: Answer) -> tuple[LimitUse, ...]:
    """Return every limit of the programme with its use and price, in the order in which they are stated."""
    problem = posed.problem
    return tuple(
        LimitUse(limit.name, limit.key, limit.most, limit.used(answer.units, problem.held),
                 answer.prices.get(limit.name, 0.0))
        for limit in problem.limits
    )  # fmt: skip


def greeks_dict(greeks: Mapping[str, NetGreeks]) -> dict[str, Any]:
    """Return net greeks per asset as pure JSON types."""
    return {asset: asdict(net) for asset, net in greeks.items()}


def net_greeks(exposure: BookExposure, layers: Sequence[Layer]) -> dict[str, NetGreeks]:
    """Return the book's greeks plus those of `layers`, per asset. A position itself has neither vega nor theta."""
    sums = {
        asset: sum((layer.greeks for layer in layers if layer.underlying == asset), LegGreeks())
        for asset in exposure.assets
    }
    return {asset: net_of(exposure, asset, legs) for asset, legs in sums.items()}


def net_of(exposure: BookExposure, asset: str, legs: LegGreeks) -> NetGreeks:
    """Return the book's greeks on one of its assets plus those of legs."""
    total = exposure.assets[asset]
    delta, gamma = total.delta + legs.delta, total.gamma + legs.gamma
    return NetGreeks(delta, delta * total.spot, gamma, gamma * total.spot**2 / 100.0, legs.vega, legs.theta)


def tail_risk(posed: Posed, answer: Answer, month: tuple[float, float]) -> TailRisk:
    """Return CVaR95 at each stage; `month` : over 30 days, unhedged and hedged."""
    problem = posed.problem
    sold = np.array([column.is_condor for column in posed.columns], dtype=np.bool_)
    bought = np.where(sold, 0.0, answer.units)
    return TailRisk(
        posed.goal.horizon_days, cvar(problem.exposure), cvar(problem.profit(problem.held)),
        cvar(problem.profit(np.asarray(bought))), cvar(problem.profit(answer.units)), problem.target, *month,
    )  # fmt: skip


def layers_of(posed: Posed, units: FloatArray, chains: Mapping[str, OptionChain]) -> tuple[Layer, ...]:
    """Return what these units are as layers: by asset, then layer by number; an empty one says why."""
    quotes = {
        Contract(asset, row.expiry_at, row.strike, row.is_call): (chain, row)
        for asset, chain in chains.items()
        for row in chain.rows
    }
    held: dict[tuple[str, str], list[Leg]] = {}
    for column, quantity in zip(posed.columns, units.tolist(), strict=True):
        legs = held.setdefault((column.asset, column.layer), [])
        if quantity:
            legs += _legs(column, quantity, quotes)
    return tuple(
        _layer(posed, asset, name, tuple(held.get((asset, name), ())))
        for asset in sorted({*posed.sides, *(column.asset for column in posed.columns)})
        for name in posed.layers
    )


def _legs(column: Column, quantity: float, quotes: Mapping[Contract, tuple[OptionChain, Any]]) -> list[Leg]:
    if column.leg is not None:
        return [replace(column.leg, quantity=quantity * column.leg.quantity)]
    found = []
    for contract, sign in column.contracts:
        chain, row = quotes[contract]
        leg = chain.bought(row) if sign > 0.0 else chain.sold(row)
        if math.isnan(leg.price):  # held, and without a quote on that side: valued at what it would be closed for
            leg = replace(leg, price=row.bid if sign > 0.0 and row.bid > 0.0 else 0.0, fee=0.0, exit=0.0)
        found.append(replace(leg, quantity=sign * quantity))
    return found


def _layer(posed: Posed, asset: str, name: str, legs: tuple[Leg, ...]) -> Layer:
    spec, spot = layer_spec(name), posed.market.spot(asset)
    options = tuple(leg for leg in legs if leg.strike > 0.0)
    units = max((abs(leg.quantity) for leg in legs), default=0.0)
    return Layer(
        name=name,
        underlying=asset,
        legs=legs,
        units=units,
        notional_usd=math.fsum(abs(leg.quantity) * leg.notional(spot) for leg in legs),
        cost_usd=math.fsum(leg.cost_usd for leg in legs),
        greeks=sum_greeks(legs, {asset: spot}),
        break_evens=break_evens(options) if len({leg.expiry_at for leg in options}) == 1 else (),
        max_loss_usd=max_loss(options),
        time_value_usd=math.fsum(leg.time_value_usd for leg in legs),
        reason=_why(posed, asset, name, legs),
        role=spec.role,
    )  # fmt: skip


def _why(posed: Posed, asset: str, name: str, legs: tuple[Leg, ...]) -> str:
    """Return why a layer holds what it holds, or nothing."""
    offered = [column for column in posed.columns if (column.asset, column.layer) == (asset, name)]
    if legs:
        paid = math.fsum(leg.cost_usd for leg in legs)
        count = f"{len(legs)} of {len(offered)} instruments that its bands admit"
        return f"{layer_spec(name).purpose}: {count}, {paid:,.0f} USD"
    if name == "condor" and not posed.goal.selling:
        return "nothing may be sold now"
    if not offered:
        return "nothing listed is inside its governed bands"
    return f"none of {len(offered)} instruments takes more off the tail than the others for its cost"


def costs(posed: Posed, answer: Answer, layers: Sequence[Layer], trades: Sequence[Trade]) -> dict[str, float]:
    """Return what the plan costs in USD.

    cash: net of the trades, fees in. premium: cash in options after them. credit: received for condors. fees: the
    exchange's. exit: estimate of closing everything now. condor_max_loss: beyond their credit. decay_30d: time value
    of the bought legs, straight-line. trading_cost: spread and fees, once. expected_cost: that and the decay over the
    horizon; expected_cost_30d: at that pace in 30 days. budget, cost_budget: for cash in options, and for the expected
    cost in 30 days. turnover: cash of options bought and sold.
    """
    goal, days = posed.goal, posed.goal.horizon_days
    condors = [layer for layer in layers if layer.financing]
    return {
        "cash_usd": math.fsum(trade.cash_usd for trade in trades),
        "premium_usd": answer.cash,
        "credit_usd": math.fsum(layer.credit_usd for layer in condors),
        "fees_usd": math.fsum(trade.fee_usd for trade in trades),
        "exit_usd": math.fsum(layer.exit_usd for layer in layers),
        "condor_max_loss_usd": math.fsum(layer.max_loss_usd for layer in condors),
        "decay_30d_usd": decay_usd(layers),
        "trading_cost_usd": posed.problem.trading_cost(answer.units),
        "expected_cost_usd": answer.expected_cost,
        "expected_cost_30d_usd": answer.expected_cost * MONTH / days,
        "budget_usd": goal.share("cashBudgetBps", scaled=True),
        "cost_budget_usd": goal.share("costBudgetBps", scaled=True),
        "turnover_usd": math.fsum(abs(trade.cash_usd) for trade in trades if trade.layer != "delta"),
    }
