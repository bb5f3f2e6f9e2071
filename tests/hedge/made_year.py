"""A made year of a hedger: two assets, options bought, sold, rolled and delivered, perpetuals with funding, flips.

It is written as Deribit writes it and as our own CSV; its profit is computed here in another way than the account's:
each position is a list of lots, of which a close takes the same share.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, localcontext

from hedge.ledger.instruments import read_instrument

START = 1_735_891_200  # Friday 2025-01-03 08:00 UTC
WEEK = 604_800
DAY = 86_400
NOW_MS = (START + 53 * WEEK) * 1000
EIGHT = Decimal("1e-8")
ZERO = Decimal(0)
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


@dataclass(frozen=True)
class Event:
    """One row of the venue's log; `amount` has a sign."""

    id: int
    type: str
    at_ms: int
    instrument: str = ""
    amount: Decimal = ZERO
    price: Decimal = ZERO
    cash: Decimal = ZERO
    fee: Decimal = ZERO
    currency: str = "ETH"
    index: Decimal = Decimal(1)
    spot: Decimal = Decimal(1)  # of the underlying
    funding: Decimal = ZERO
    position: Decimal = ZERO
    before: Decimal = ZERO

    @property
    def side(self) -> str:
        word = "buy" if self.amount > 0 else "sell"
        return ("close " if self.before * self.amount < 0 else "open ") + word


@dataclass
class Year:
    """The year's events by time, and its delivery prices."""

    events: list[Event] = field(default_factory=list)
    deliveries: dict[tuple[str, str, int], Decimal] = field(default_factory=dict)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.year = Year()
        self.held: dict[str, Decimal] = defaultdict(Decimal)
        self.spot = {"ETH": Decimal("2400.00"), "BTC": Decimal("64000.00")}
        self.at = START

    def add(self, kind: str, name: str, amount: Decimal, price: Decimal, **rest: Decimal | str) -> None:
        asset = name.split("-")[0].split("_")[0] or str(rest.get("currency", "ETH"))
        linear = "_USDC" in name
        currency = "USDC" if linear else asset
        spot = self.spot.get(asset, Decimal(1))
        before = self.held[name]
        self.held[name] += amount
        self.at += 1 + self.chance.randrange(40)
        at_ms = self.at * 1000 + self.chance.randrange(1000)
        count = len(self.year.events) + 1000
        event = Event(count, kind, at_ms, name, amount, price, currency=currency, index=Decimal(1) if linear else spot)
        self.year.events.append(replace(event, spot=spot, before=before, position=self.held[name], **rest))

    def trade(self, name: str, amount: Decimal, price: Decimal) -> None:
        spot = self.spot[name.split("-")[0].split("_")[0]]
        linear, option = "_USDC" in name, name[-1] in "CP"
        if option:
            unit = Decimal(1) if not linear else spot
            fee = abs(amount) * min(Decimal("0.0003") * unit, Decimal("0.125") * price)
            self.add("trade", name, amount, price, cash=-amount * price, fee=fee.quantize(EIGHT))
        else:
            size = abs(amount) * price if linear else abs(amount) / price
            self.add("trade", name, amount, price, fee=(size * Decimal("0.0005")).quantize(EIGHT))

    def options(self, asset: str, week: int) -> None:
        """Trade options of the next weeks' expiries: opens, partial closes, flips and rolls."""
        chance, spot = self.chance, self.spot[asset]
        for _ in range(9):
            expiry = START + (week + chance.choice((1, 1, 2, 4))) * WEEK
            strike = (spot * Decimal(chance.choice(("0.8", "0.9", "1", "1.1"))) / 100).to_integral_value() * 100
            quote = "_USDC" if chance.random() < 0.3 else ""
            name = f"{asset}{quote}-{day(expiry)}-{strike:f}-{chance.choice('CP')}"
            price = Decimal(chance.randint(2, 900)) / 10_000
            price += (read_instrument(name).payoff(spot) / spot).quantize(Decimal("0.0001"))
            if quote:
                price = (price * spot).quantize(Decimal("0.1")) + Decimal("0.1")
            amount = Decimal(chance.choice((-1, 1)) * chance.randint(1, 60)) / 10
            self.trade(name, amount, price)
            if chance.random() < 0.5:  # a part closed, or flipped
                share = Decimal(chance.choice(("0.5", "1", "1.5")))
                self.trade(name, -amount * share, price + Decimal("0.0005") * (1000 if quote else 1))

    def perpetual(self, asset: str) -> None:
        for quote in ("", "_USDC"):
            name = f"{asset}{quote}-PERPETUAL"
            for _ in range(4):
                spot = self.spot[asset] + self.chance.randint(-20, 20)
                sign = self.chance.choice((-1, 1))
                amount = (
                    Decimal(self.chance.randint(1, 90)) / 10 if quote else Decimal(self.chance.randint(1, 400) * 10)
                )
                self.trade(name, sign * amount, spot)
            funding = Decimal(self.chance.randint(-90_000, 90_000)) * EIGHT
            if self.held[name]:
                self.add("settlement", name, ZERO, self.spot[asset], funding=funding, cash=funding + Decimal("0.01"))

    def deliver(self, expiry: int) -> None:
        for asset, spot in self.spot.items():
            self.year.deliveries["deribit", asset, expiry] = spot
        for name, amount in list(self.held.items()):
            if amount and name[-1] in "CP" and f"-{day(expiry)}-" in name:
                base, _, strike, right = name.split("-")
                spot, linear = self.spot[base.split("_")[0]], "_USDC" in base
                payoff = max((spot - Decimal(strike)) * (1 if right == "C" else -1), ZERO)
                unit = Decimal(1) if linear else spot
                each = payoff / unit
                fee = abs(amount) * min(Decimal("0.00015") * spot / unit, Decimal("0.125") * each)
                self.add("delivery", name, -amount, each, cash=amount * each, fee=fee)


def booked(event: Event, cash: bool = True) -> Event:
    """Return a delivery with its fee, and its cash, as the venue books them: at eight decimals."""
    paid = event.cash.quantize(EIGHT) if cash else event.cash
    return replace(event, cash=paid, fee=event.fee.quantize(EIGHT)) if event.type == "delivery" else event


def day(expiry: int) -> str:
    when = datetime.fromtimestamp(expiry, UTC)
    return f"{when.day}{MONTHS[when.month - 1]}{when:%y}"


def made_year(seed: int = 7) -> Year:
    """Return a year of about 2,000 entries; at its end options and perpetuals are held."""
    maker = _Maker(seed)
    for currency in ("ETH", "BTC", "USDC"):
        index = maker.spot.get(currency, Decimal(1))
        maker.add("deposit", "", ZERO, ZERO, currency=currency, cash=Decimal("25.5"), index=index)
    for week in range(52):
        maker.at = START + week * WEEK
        if week:
            maker.deliver(maker.at)
        for asset in maker.spot:
            move = Decimal(maker.chance.randint(920, 1085)) / 1000
            maker.at += DAY
            maker.options(asset, week)
            maker.perpetual(asset)
            maker.spot[asset] = (maker.spot[asset] * move).quantize(Decimal("0.01"))
    return maker.year


LOG = (
    "ID", "UserSeq", "Date", "Instrument", "Type", "Side", "Amount", "Position", "Price", "Mark Price", "Index Price",
    "Cash Flow", "Funding", "Fee Rate", "Fee Charged", "Fee Balance", "Change", "Balance", "Equity", "Trade ID",
    "Order ID", "Info", "Note",
)  # fmt: skip


def log_csv(events: Iterable[Event]) -> str:
    """Return a log of one or several currencies as the web page writes it."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(LOG)
    for event in map(booked, events):
        when = datetime.fromtimestamp(event.at_ms // 1000, UTC)
        traded = event.type in ("trade", "delivery")
        side = event.side if traded else ("long" if event.type == "settlement" else "-")
        traded_id, order = (f"{event.currency}-{event.id}", f"o{event.id}") if event.type == "trade" else ("-", "-")
        cells = {
            "ID": event.id, "UserSeq": event.at_ms, "Date": f"{when:%d/%m/%y %H:%M:%S}", "Instrument": event.instrument,
            "Type": event.type, "Side": side, "Position": f"{event.position:f}", "Price": f"{event.price:.8f}",
            "Index Price": event.spot if event.instrument else event.index, "Cash Flow": f"{event.cash:f}",
            "Funding": f"{event.funding:f}", "Fee Charged": f"{event.fee:f}", "Change": f"{event.cash - event.fee:f}",
            "Trade ID": traded_id, "Order ID": order, "Info": "Source: api",
            "Amount": f"{abs(event.amount):f}" if traded else "-",
        }  # fmt: skip
        rows.writerow([cells.get(name, "-") for name in LOG])
    return out.getvalue()


def trades_json(events: Iterable[Event]) -> str:
    """Return the trades as the API answers them."""
    trades = [
        {
            "trade_id": f"{event.currency}-{event.id}", "timestamp": event.at_ms, "instrument_name": event.instrument,
            "direction": "buy" if event.amount > 0 else "sell", "amount": float(abs(event.amount)),
            "price": float(event.price), "fee": float(event.fee), "fee_currency": event.currency,
            "index_price": float(event.spot), "order_id": f"o{event.id}", "state": "filled", "matching_id": None,
        }
        for event in events
        if event.type == "trade"
    ]  # fmt: skip
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"trades": trades, "has_more": False}})


def plain_csv(events: Iterable[Event]) -> str:
    """Return everything as our own CSV."""
    kinds = {"settlement": "funding", "deposit": "transfer"}
    lines = ["time,id,kind,instrument,side,quantity,price,currency,fee,index"]
    for event in map(booked, events):
        kind = kinds.get(event.type, event.type)
        amount = event.amount if event.amount else event.funding if kind == "funding" else event.cash
        words = ("buy", "sell") if event.amount else ("in", "out")
        price = event.spot if kind == "delivery" else event.price
        lines.append(
            f"{event.at_ms},e{event.id},{kind},{event.instrument},{words[amount < 0]},{abs(amount):f},{price:f},"
            f"{event.currency},{event.fee:f},{event.index}"
        )
    return "\n".join(lines) + "\n"


def naive_profit(events: Iterable[Event], marks: dict[str, Decimal]) -> dict[str, dict[str, Decimal]]:
    """Return profit by instrument from lots: realised, unrealised, fees, funding in USD, realised in the currency."""
    lots: dict[str, list[list[Decimal]]] = defaultdict(list)
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    with localcontext() as context:
        context.prec = 60
        for event in sorted(events, key=lambda event: (event.at_ms, event.id)):
            if not event.instrument:
                continue
            found = sums[event.instrument]
            found["fees"] += event.fee * event.index
            found["funding"] += event.funding * event.index
            if event.amount:
                _lots(event, lots[event.instrument], found)
        for name, held in lots.items():
            for amount, price, index in held:
                sums[name]["unrealised"] += _gain(name, amount, price, index, marks.get(name, ZERO), None)[1]
                sums[name]["quantity"] += amount
    return sums


def _lots(event: Event, held: list[list[Decimal]], found: dict[str, Decimal]) -> None:
    option = event.instrument[-1] in "CP"
    price = event.price if event.type == "trade" or not option else event.cash / -event.amount
    left = event.amount
    total = sum((lot[0] for lot in held), ZERO)
    if total * left < 0:
        share = min(abs(left / total), Decimal(1))
        for lot in held:
            coin, usd = _gain(event.instrument, lot[0] * share, lot[1], lot[2], price, event.index)
            found["realised_coin"] += coin
            found["realised"] += usd
            lot[0] -= lot[0] * share
        left = left + total if abs(left) > abs(total) else ZERO
        held[:] = [lot for lot in held if abs(lot[0]) > Decimal("1e-40")]
    if left:
        held.append([left, price, event.index])


def _gain(
    name: str, amount: Decimal, price: Decimal, index: Decimal, then: Decimal, at: Decimal | None
) -> tuple[Decimal, Decimal]:
    """Return what a lot gains to a price: in coin, and in USD; without `at` the price is a mark in USD."""
    if name[-1] in "CP":
        worth = then if at is None else then * at
        return amount * (then - price), amount * (worth - price * index)
    if "_USDC" in name:
        return amount * (then - price), amount * (then - price)
    coin = amount * (1 / price - 1 / then)
    return coin, coin * (then if at is None else at)
