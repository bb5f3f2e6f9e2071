"""The event loop once more, slow and plain: written from the rules alone, to hold the engine to them.

Floats, loops and dicts, no array and no code of `hedge` but the shapes of its inputs. Equity is told from cash, marks
and pools; there are no entries. A difference to the engine is a fault of one of the two.
"""

from __future__ import annotations

import math
from typing import Any

from sample_histories import Case, Points
from scipy.stats import norm

DAY, YEAR = 86_400, 365 * 86_400
TOGETHER = 900
Legs = dict[str, dict[Any, float]]


def black_scholes(spot: float, strike: float, years: float, vol: float, is_call: bool) -> float:
    """Return the value of an option without rates."""
    spread = vol * math.sqrt(years)
    d1 = math.log(spot / strike) / spread + 0.5 * spread
    d2 = d1 - spread
    if is_call:
        return float(spot * norm.cdf(d1) - strike * norm.cdf(d2))
    return float(strike * norm.cdf(-d2) - spot * norm.cdf(-d1))


def payoff(contract: Any, price: float) -> float:
    """Return what one unit pays at a price."""
    sign = 1.0 if contract.is_call else -1.0
    return max(sign * (price - contract.strike), 0.0)


def last(points: Points, at: int) -> float | None:
    """Return the newest value that is not later."""
    known = [value for time, value in points if time <= at]
    return known[-1] if known else None


class Pool:
    """One position in [a, b], re-centred on dates, counted from the first day's midnight, to its first capital."""

    def __init__(self, plan: Any, capital: float, price: float, quote: float, at: int) -> None:
        self.plan, self.capital = plan, capital
        self.enter(price, quote)
        midnight = at // DAY * DAY
        self.next_date = math.inf if plan.recentre_days is None else midnight + plan.recentre_days * DAY

    def enter(self, price: float, quote: float) -> None:
        """Put the capital around a price."""
        self.a, self.b = self.plan.terms.lower_ratio * price, self.plan.terms.upper_ratio * price
        self.liquidity = 1.0
        self.liquidity = self.capital / (self.value(price) * quote)

    def base(self, price: float) -> float:
        """Return the amount of base held."""
        s = min(max(math.sqrt(price), math.sqrt(self.a)), math.sqrt(self.b))
        return self.liquidity * (1.0 / s - 1.0 / math.sqrt(self.b))

    def value(self, price: float) -> float:
        """Return what it is worth in quote."""
        s = min(max(math.sqrt(price), math.sqrt(self.a)), math.sqrt(self.b))
        return self.base(price) * price + self.liquidity * (s - math.sqrt(self.a))

    def step(self, price: float, quote: float, years: float, at: int) -> tuple[float, float]:
        """Return the fees earned and what was paid in, both USD."""
        worth = self.value(price) * quote
        fees = self.plan.fee_apr * worth * years if self.a <= price < self.b else 0.0
        if at < self.next_date:
            return fees, 0.0
        while self.next_date <= at:
            self.next_date += self.plan.recentre_days * DAY
        held, terms = self.base(price), self.plan.terms
        first, self.capital = self.capital, worth
        self.enter(price, quote)  # at the same value: what has to be swapped
        swapped = abs(self.base(price) - held) * price * quote
        self.capital = first
        self.enter(price, quote)
        return fees, first - (worth - terms.gas_usd - terms.swap_cost * swapped)


class Reference:
    """Plays a case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.assets = sorted({a for plan in case.pools for a in (plan.base, plan.quote)} - {"USD"})
        self.cash = self.pool_cash = self.turnover = 0.0
        self.options: Legs = {}
        self.perpetuals: Legs = {}
        self.mark: dict[Any, float] = {}
        self.vol: dict[Any, float] = {}
        self.counts = {"orders without a quote": 0, "sales without a bid": 0, "marks from a model": 0}
        self.counts |= {"forced closes": 0, "gaps between steps": 0}

    def play(self) -> dict[str, list[float]]:
        """Return the columns of the run, one number a step."""
        found: dict[str, list[float]] = {name: [] for name in ("times", "equity", "flows", "lp", "margin", "turnover")}
        before: int | None = None
        for at in self.steps():
            self.at, self.turnover, flow = at, 0.0, 0.0
            self.spot = {asset: last(self.case.prices[asset], at) or math.nan for asset in self.assets}
            if before is None:
                share = self.case.capital / len(self.case.pools)
                self.pools = [Pool(plan, share, *self.price(plan), at) for plan in self.case.pools]
            else:
                flow = self.pass_time(before)
            targets = self.case.script.get(at)
            if targets is not None and not self.affords(targets):
                targets = None
            if targets is not None and targets.options is not None:
                self.trade(targets.options)
            if targets is not None and targets.perpetuals is not None:
                self.trade_perpetuals(targets.perpetuals)
            margin = self.check_margin()
            lp = sum(pool.value(self.price(pool.plan)[0]) * self.price(pool.plan)[1] for pool in self.pools)
            row = (at, lp + self.pool_cash + self.hedge(), flow, lp + self.pool_cash, margin, self.turnover)
            for name, number in zip(found, row, strict=True):
                found[name].append(number)
            self.before_spot, before = dict(self.spot), at
        return found

    def steps(self) -> list[int]:
        """Return the last time of each group of snapshots within a quarter of an hour of its first."""
        groups: list[list[int]] = []
        for at in sorted({shot[0] for asset in self.assets for shot in self.case.quotes[asset]}):
            if at < self.case.terms["start"]:
                continue
            if groups and at - groups[-1][0] <= TOGETHER:
                groups[-1].append(at)
            else:
                groups.append([at])
        return [group[-1] for group in groups]

    def price(self, plan: Any) -> tuple[float, float]:
        """Return a pool's price in its quote, and the USD per quote."""
        quote = self.spot[plan.quote] if plan.quote != "USD" else 1.0
        return self.spot[plan.base] / quote, quote

    def pass_time(self, before: int) -> float:
        """Settle, mark, pay funding, earn fees and re-centre; return what was paid in."""
        years = (self.at - before) / YEAR
        self.counts["gaps between steps"] += self.at - before > 2 * DAY
        for contract in list(self.mark):
            if contract.expiry_at <= self.at:
                self.settle(contract)
        self.mark = {contract: self.worth(contract) for contract in self.mark}
        for asset, units in self.units().items():
            rate = last(self.case.funding.get(asset, []), self.at)
            self.cash += units * (self.spot[asset] - self.before_spot[asset])
            self.cash -= units * self.before_spot[asset] * (self.case.venue.funding if rate is None else rate) * years
        flow = 0.0
        for pool in self.pools:
            fees, paid_in = pool.step(*self.price(pool.plan), years, self.at)
            self.pool_cash += fees
            flow += paid_in
        return flow

    def settle(self, contract: Any) -> None:
        """Pay the contract out at the index that is nearest to its expiry among those seen by now."""
        points = self.case.settlement.get(contract.asset) or self.case.prices[contract.asset]
        seen = [point for point in points if point[0] <= self.at]
        _, index = min(seen, key=lambda point: (abs(point[0] - contract.expiry_at), point[0]))
        paid, quantity = payoff(contract, index), self.net(contract)
        self.cash += quantity * paid - abs(quantity) * min(0.00015 * index, 0.125 * paid)
        for legs in self.options.values():
            legs.pop(contract, None)
        del self.mark[contract]

    def net(self, contract: Any) -> float:
        """Return what all labels hold of a contract."""
        return round(math.fsum(legs.get(contract, 0.0) for legs in self.options.values()), 9)

    def units(self) -> dict[str, float]:
        """Return what all labels hold in perpetuals."""
        return {a: math.fsum(held.get(a, 0.0) for held in self.perpetuals.values()) for a in self.assets}

    def hedge(self) -> float:
        """Return cash and marked options."""
        return self.cash + math.fsum(self.net(contract) * mark for contract, mark in self.mark.items())

    def row(self, contract: Any) -> Any:
        """Return bid, ask, mark and volatility of now; None where it is not quoted now."""
        shots = [shot for shot in self.case.quotes[contract.asset] if shot[0] <= self.at]
        if not shots or self.at - shots[-1][0] > TOGETHER:
            return None
        return shots[-1][2].get(contract)

    def worth(self, contract: Any) -> float:
        """Return the venue's mark, else the middle, else Black-Scholes at the last volatility, else intrinsic value."""
        row, spot = self.row(contract), self.spot[contract.asset]
        if row is not None:
            bid, ask, mark, vol = row
            if not math.isnan(vol):
                self.vol[contract] = vol
            if not math.isnan(mark):
                return float(mark)
            if not math.isnan(bid) and not math.isnan(ask):
                return float((bid + ask) / 2.0)
        self.counts["marks from a model"] += 1
        years = (contract.expiry_at - self.at) / YEAR
        if contract not in self.vol or years <= 0.0:
            return payoff(contract, spot)
        return black_scholes(spot, contract.strike, years, self.vol[contract], contract.is_call)

    def trade(self, wanted: Any) -> None:
        """Trade each contract once, by what all labels together change."""
        target: Legs = {label: dict(legs) for label, legs in wanted.items()}
        labels = list(self.options) + [label for label in target if label not in self.options]
        every: list[Any] = []
        for legs in [*self.options.values(), *target.values()]:
            every += [contract for contract in legs if contract not in every]
        for contract in every:
            old = {label: self.options.get(label, {}).get(contract, 0.0) for label in labels}
            new = {label: target.get(label, {}).get(contract, 0.0) for label in labels}
            if old == new:
                continue
            change = round(math.fsum(new.values()) - math.fsum(old.values()), 9)
            price = self.fill(contract, change, math.fsum(old.values())) if change else 0.0
            if price is None:
                self.counts["orders without a quote"] += 1
                for label in labels:
                    if old[label] != new[label]:
                        target.setdefault(label, {})[contract] = old[label]
                continue
            if contract not in self.mark:
                self.mark[contract] = self.worth(contract)
            spot = self.spot[contract.asset]
            self.cash -= change * price + abs(change) * min(0.0003 * spot, 0.125 * price)
            self.turnover += abs(change) * price
        self.options = {label: {c: q for c, q in legs.items() if q} for label, legs in target.items()}
        held = {contract for legs in self.options.values() for contract in legs}
        self.mark = {contract: mark for contract, mark in self.mark.items() if contract in held}

    def fill(self, contract: Any, change: float, held: float) -> float | None:
        """Return ask for a buy, bid for a sale; without a bid what is held goes below intrinsic value."""
        row = self.row(contract)
        bid, ask = (math.nan, math.nan) if row is None else row[:2]
        if change > 0.0:
            return None if math.isnan(ask) else float(ask)
        if held + change < -1e-9:
            return None if math.isnan(bid) else float(bid)
        spot = self.spot[contract.asset]
        least = max(payoff(contract, spot) - 0.005 * spot, 0.0)
        if math.isnan(bid):
            self.counts["sales without a bid"] += 1
            return least
        return max(float(bid), least)

    def trade_perpetuals(self, wanted: Any) -> None:
        """Trade each asset once at 5 bp."""
        before = self.units()
        self.perpetuals = {label: dict(held) for label, held in wanted.items()}
        for asset, units in self.units().items():
            traded = abs(units - before[asset]) * self.spot[asset]
            self.cash -= 0.0005 * traded
            self.turnover += traded

    def margins(self) -> tuple[float, float]:
        """Return initial and maintenance margin of what is sold, and of perpetuals."""
        initial = maintenance = 0.0
        for contract, mark in self.mark.items():
            size, spot = -self.net(contract), self.spot[contract.asset]
            if size <= 0.0:
                continue
            away = contract.strike - spot if contract.is_call else spot - contract.strike
            first = max(0.15 - max(away, 0.0) / spot, 0.10) * spot
            keep = 0.075 * (spot if contract.is_call else max(spot, mark))
            initial += size * (max(first, keep) + mark)
            maintenance += size * (keep + mark)
        for asset, units in self.units().items():
            initial += 0.02 * abs(units) * self.spot[asset]
            maintenance += 0.01 * abs(units) * self.spot[asset]
        return initial, maintenance

    def affords(self, targets: Any) -> bool:
        """Tell whether the initial margin of what is wanted is there, or is no more than that of what is held."""
        if math.isinf(self.case.venue.collateral_usd):
            return True
        options = self.options if targets.options is None else targets.options
        perpetuals = self.perpetuals if targets.perpetuals is None else targets.perpetuals
        wanted = 0.0
        for contract in {contract for legs in options.values() for contract in legs}:
            size = -round(math.fsum(legs.get(contract, 0.0) for legs in options.values()), 9)
            if size > 0.0:
                counted = dict(self.counts)
                mark = self.mark[contract] if contract in self.mark else self.worth(contract)
                self.counts = counted
                spot = self.spot[contract.asset]
                away = contract.strike - spot if contract.is_call else spot - contract.strike
                first = max(0.15 - max(away, 0.0) / spot, 0.10) * spot
                keep = 0.075 * (spot if contract.is_call else max(spot, mark))
                wanted += size * (max(first, keep) + mark)
        for asset in self.assets:
            units = math.fsum(held.get(asset, 0.0) for held in perpetuals.values())
            wanted += 0.02 * abs(units) * self.spot[asset]
        return wanted <= max(self.case.venue.collateral_usd + self.hedge(), self.margins()[0])

    def check_margin(self) -> float:
        """Close by force what the account cannot keep; return the initial margin of what stays."""
        initial, maintenance = self.margins()
        if maintenance == 0.0 or self.case.venue.collateral_usd + self.hedge() >= maintenance:
            return initial
        self.counts["forced closes"] += 1
        lost = 0.0
        for contract in self.mark:
            size = -self.net(contract)
            row = self.row(contract)
            if size > 0.0 and row is not None and not math.isnan(row[1]):
                lost += size * self.spot[contract.asset]
        lost += sum(abs(units) * self.spot[asset] for asset, units in self.units().items())
        short = {contract for contract in self.mark if self.net(contract) < 0.0}
        self.trade({label: {c: q for c, q in legs.items() if c not in short} for label, legs in self.options.items()})
        self.trade_perpetuals({})
        self.cash -= 0.0075 * lost
        return self.margins()[0]
