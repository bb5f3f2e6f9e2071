"""The limits of a programme: what the governed keys allow of cash, cost, turnover, notional, each layer, sold gamma."""

from __future__ import annotations

import numpy as np

from hedge.decision.programme.columns import Column, Numbers
from hedge.decision.programme.goal import MONTH, Goal
from hedge.decision.programme.solve import CASH, COST, TURNOVER, Limit
from hedge.layers.registry import layer_specs
from hedge.numerics.arrays import FloatArray
from hedge.units import BPS


def limits_of(goal: Goal, columns: list[Column], numbers: Numbers) -> tuple[Limit, ...]:
    """Return every limit that the governed keys set, USD."""
    count, p = len(columns), goal.parameters
    none = np.zeros(count)
    sign = np.where(numbers.low < 0.0, -1.0, 1.0)
    spot, gamma = (np.array([getattr(column, name) for column in columns]) for name in ("spot_usd", "gamma_usd"))
    condor = np.array([column.is_condor for column in columns], dtype=np.float64)
    traded, month = np.array([column.traded_usd for column in columns]), MONTH / goal.horizon_days
    limits = [
        Limit(CASH, goal.share("cashBudgetBps", scaled=True), numbers.cash, none, none, "cashBudgetBps"),
        Limit(
            COST, goal.share("costBudgetBps", scaled=True), month * sign * numbers.decay, month * numbers.buy_cost,
            month * numbers.sell_cost, "costBudgetBps",
        ),
        Limit(TURNOVER, goal.share("turnoverCapBps"), none, traded, traded, "turnoverCapBps"),
        *_notional(goal, spot, numbers),
    ]  # fmt: skip
    for apart in ("", *sorted(goal.own)):
        limits += _layer_caps(goal, columns, numbers, apart)
    if condor.any():
        for asset in sorted({column.asset for column in columns}):
            own = np.array([float(column.asset == asset) for column in columns])
            bought = -p.gamma_cap_bps / BPS * gamma * (1.0 - condor)
            row = own * (bought - gamma * condor)
            limits.append(Limit(f"sold gamma of {asset}", 0.0, row, none, none, "gammaCapBps"))
    return tuple(limits)


def _layer_caps(goal: Goal, columns: list[Column], numbers: Numbers, apart: str) -> list[Limit]:
    """Return the caps of layers: of an asset with parameters of its own, or of all others where `apart` is empty."""
    none = np.zeros(len(columns))
    assets = {column.asset for column in columns if goal.whose(column.asset) == apart}
    if apart and not assets:
        return []
    of, found = f" of {apart}" if apart else "", []
    for spec in layer_specs():
        if spec.cap:
            own = np.array([float(column.layer == spec.name and column.asset in assets) for column in columns])
            most = goal.share(spec.cap, scaled=True, asset=apart)
            found.append(Limit(f"{spec.name} premium{of}", most, own * numbers.cash, none, none, spec.cap, apart))
    own = np.array([column.spot_usd * (column.is_condor and column.asset in assets) for column in columns])
    if own.any():
        most = goal.share("condorNotionalCapBps", asset=apart)
        found.append(Limit(f"condor notional{of}", most, own, none, none, "condorNotionalCapBps", apart))
    return found


def _notional(goal: Goal, spot: FloatArray, numbers: Numbers) -> list[Limit]:
    """Return the cap on notional: one row by the side that each column may come to, and where something is held on the
    other side one by that too, as the larger of both is the notional."""
    key, most, none = "overlayNotionalCapBps", goal.share("overlayNotionalCapBps"), np.zeros(len(spot))
    held = np.where(numbers.held < 0.0, -1.0, 1.0)
    to = np.where(numbers.low < 0.0, -1.0, np.where((numbers.high > 0.0) | (numbers.held == 0.0), 1.0, held))
    rows = [Limit("notional", most, to * spot, none, none, key)]
    turned = (numbers.held != 0.0) & (held != to)
    if turned.any():
        rows.append(Limit("notional as held", most, np.where(turned, held, to) * spot, none, none, key))
    return rows
