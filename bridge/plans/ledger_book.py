"""What the ledger says is held, at a market: for plan, exposure and monitor alike.

read_ledger    the book's entries up to a time, and the account that follows from them
mark_ledger    its legs at their marks, what each layer covers, the greeks with the pools, the profit
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from bridge.config import Config
from bridge.ledger.place import ledger_address, ledger_there
from hedge.book.exposure import BookExposure
from hedge.decision.held import HeldLeg, LayerCover, MarkSource, held_greeks, held_legs, layer_covers
from hedge.decision.metrics import NetGreeks, greeks_dict
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.margin import Margin, margin
from hedge.instruments.option_chain import OptionChain
from hedge.ledger.account import account
from hedge.ledger.fills import Fill
from hedge.ledger.results import Account, Profit
from hedge.ledger.reversals import standing
from hedge.market import Market
from hedge.policy.parameters import Parameters
from hedge.units import DAY, json_number


@dataclass(frozen=True)
class LedgerBook:
    """A book of the ledger at a time.

    Parameters
    ----------
    book
        Its name.
    at
        Unix seconds: the time of the account.
    fills
        Every entry up to then, those that were taken back since left out.
    later
        How many entries are of a later time: they do not count.
    deliveries
        USD by venue, asset and expiry, of which the prices are known.
    account
        What follows from them.
    """

    book: str
    at: int
    fills: tuple[Fill, ...]
    later: int
    deliveries: Mapping[tuple[str, str, int], Decimal]
    account: Account

    def account_at(self, at: int) -> Account:
        """Return the account as it was at an earlier time."""
        return account([fill for fill in self.fills if fill.at_ms <= at * 1000], self.deliveries, at * 1000)

    def unsettled(self, spots: Mapping[str, float]) -> dict[Contract, float]:
        """Return the options that have expired and wait for their delivery price, of assets with a price."""
        found: dict[Contract, float] = {}
        for held in self.account.unsettled:
            if held.traded and held.traded.is_option and held.traded.asset in spots:
                contract = held.traded.contract
                found[contract] = found.get(contract, 0.0) + float(held.quantity)
        return found

    def margin(self, marks: Mapping[Contract, float], spots: Mapping[str, float]) -> Margin:
        """Return the margin that the venues ask for, each for what is held with it; marks by contract and day, USD."""
        needs = [
            margin(found.options, {c: marks.get(by_day(c), c.payoff(spots[c.asset])) for c in found.options},
                   found.perpetuals, spots)
            for found in self._by_venue(spots)
        ]  # fmt: skip
        return Margin(math.fsum(need.initial for need in needs), math.fsum(need.maintenance for need in needs))

    def _by_venue(self, spots: Mapping[str, float]) -> list[Holdings]:
        positions = self.account.positions
        alone = [
            replace(self.account, positions={key: held for key, held in positions.items() if key[1] == venue})
            for venue in sorted({key[1] for key in positions})
        ]
        return [account.holdings(self.book, spots) for account in alone]

    def holdings(self, spots: Mapping[str, float], chains: Mapping[str, OptionChain]) -> Holdings:
        """Return what is held, each option under the expiry that the chain of its asset has on that day."""
        found = self.account.holdings(self.book, spots)
        options: dict[Contract, float] = {}
        for contract, units in found.options.items():
            listed = aligned(contract, chains.get(contract.asset))
            options[listed] = options.get(listed, 0.0) + units
        return Holdings(
            {contract: units for contract, units in options.items() if units}, found.perpetuals, found.cash_usd
        )


@dataclass(frozen=True)
class Held:
    """A book of the ledger at its marks.

    Parameters
    ----------
    ledger
        The book.
    legs
        Everything that is held, marked.
    covers
        What each layer covers of the pools.
    greeks
        Of the pools and the legs together, by asset.
    profit
        Of every instrument since its first entry, USD.
    marks
        USD by the venue's name of each instrument that is held.
    margin
        What the venue would ask for sold legs and perpetuals, USD, an estimate.
    margin_left_usd
        Cash and the legs' worth beyond the maintenance margin; NaN where no deposit is on record.
    unpriced
        Instruments that are held on assets without a price: they are in none of the other numbers.
    """

    ledger: LedgerBook
    legs: tuple[HeldLeg, ...]
    covers: tuple[LayerCover, ...]
    greeks: Mapping[str, NetGreeks]
    profit: tuple[Profit, ...]
    marks: Mapping[str, Decimal]
    margin: Margin
    margin_left_usd: float
    unpriced: tuple[str, ...] = ()

    def layers(self) -> dict[str, str]:
        """Return the layer of each instrument that the book ever held: that of its first leg, else that of its kind."""
        layers = {by_day(Contract.of(held.leg)): held.layer for held in reversed(self.legs) if _is_option(held)}
        found = {}
        for position in self.ledger.account.positions.values():
            traded = position.traded
            if traded is None:
                continue
            if not traded.is_option:
                found[traded.name] = "delta"
                continue
            found[traded.name] = layers.get(by_day(traded.contract), "volatility" if traded.is_call else "tail")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        at = self.ledger.at
        return {
            "book": self.ledger.book,
            "at": at,
            "entries": len(self.ledger.fills),
            "later_entries": self.ledger.later,
            "legs": [_leg_dict(held, at) for held in self.legs],
            "layers": [cover.to_dict() for cover in self.covers],
            "greeks": greeks_dict(self.greeks),
            "profit": [_profit_dict(profit) for profit in self.profit],
            "unpriced": list(self.unpriced),
            "unsettled": [position.instrument for position in self.ledger.account.unsettled],
            "margin": self.margin._asdict() | {"left_usd": json_number(self.margin_left_usd), "estimate": True},
        }


def read_ledger(config: Config, at: int, book: str | None = None) -> LedgerBook | None:
    """Read a book of the ledger as of a time; None where there is no ledger, or nothing of the book in it.

    Parameters
    ----------
    at
        Unix seconds: later entries do not count, and what has expired by then is paid out.
    book
        Its name; that of the settings where none is given.

    Raises
    ------
    LedgerError
        The ledger cannot be read.
    HedgeError
        Its entries contradict each other.
    """
    if not ledger_there(config):
        return None
    from bridge.ledger.store import open_store  # only now: SQLAlchemy takes its time

    name = book or config.ledger.book
    with open_store(ledger_address(config)) as store:
        entries = store.fills(name)
        deliveries = store.delivery_prices()
    return ledger_book(name, entries, deliveries, at) if entries else None


def ledger_book(
    book: str, entries: Sequence[Fill], deliveries: Mapping[tuple[str, str, int], Decimal], at: int
) -> LedgerBook:
    """Return a book of entries as of a time."""
    kept = tuple(fill for fill in standing(entries) if fill.at_ms <= at * 1000)
    later = sum(fill.at_ms > at * 1000 for fill in entries)
    return LedgerBook(book, at, kept, later, deliveries, account(kept, deliveries, at * 1000))


def mark_ledger(
    ledger: LedgerBook,
    exposure: BookExposure,
    market: Market,
    chains: Mapping[str, OptionChain],
    parameters: Parameters,
    own: Mapping[str, Parameters] | None = None,
) -> Held:
    """Mark everything that a book holds; `parameters`, `own` : as in `hedge.decision.held.held_legs`.

    Raises
    ------
    UnknownAsset
        The market does not price something that is held.
    """
    holdings = ledger.holdings(market.spots, chains)
    waiting = ledger.unsettled(market.spots)
    legs = held_legs(replace(holdings, options={**holdings.options, **waiting}), market, chains, parameters, own)
    marks = instrument_marks(ledger.account, legs, market)
    needed = ledger.margin(_option_prices(legs), market.spots)
    profit = ledger.account.profit(marks)
    worth = math.fsum(
        float(position.value_usd(marks[position.instrument]))
        for position in ledger.account.positions.values()
        if position.quantity and position.instrument in marks
    )
    return Held(
        ledger,
        legs,
        layer_covers(exposure, legs, parameters, ledger.at, own),
        held_greeks(exposure, legs),
        profit,
        marks,
        needed,
        holdings.cash_usd + worth - needed.maintenance,
        ledger.account.unpriced(ledger.book, market.spots),
    )


def instrument_marks(book: Account, legs: Iterable[HeldLeg], market: Market) -> dict[str, Decimal]:
    """Return USD by the venue's name of each instrument that is held: of a future the price of its asset.

    What has expired and waits for its delivery price is marked at the pay-off of now.
    """
    prices = _option_prices(legs)
    found: dict[str, Decimal] = {}
    for position in book.positions.values():
        traded = position.traded
        if traded is None or not position.quantity or traded.asset not in market.spots:
            continue
        if not traded.is_option:
            found[traded.name] = Decimal(market.spot(traded.asset))
            continue
        contract = traded.contract
        price = prices.get(by_day(contract))
        found[traded.name] = Decimal(contract.payoff(market.spot(traded.asset)) if price is None else price)
    return found


def aligned(contract: Contract, chain: OptionChain | None) -> Contract:
    """Return a contract under the expiry that a chain has on its day; as it is where the chain has none."""
    for expiry_at in chain.expiries() if chain else ():
        if expiry_at // DAY == contract.expiry_at // DAY:
            return contract._replace(expiry_at=expiry_at)
    return contract


def by_day(contract: Contract) -> Contract:
    """Return a contract under the day of its expiry (UTC) alone, whatever hour a venue or a chain gives it."""
    return contract._replace(expiry_at=contract.expiry_at // DAY * DAY)


def _option_prices(legs: Iterable[HeldLeg]) -> dict[Contract, float]:
    """Return the marks of options by contract and day."""
    return {by_day(Contract.of(held.leg)): held.leg.price for held in legs if _is_option(held)}


def _is_option(held: HeldLeg) -> bool:
    return held.source is not MarkSource.INDEX


def _leg_dict(held: HeldLeg, at: int) -> dict[str, Any]:
    leg = held.leg
    return {
        "instrument": leg.label,
        "asset": leg.underlying,
        "layer": held.layer,
        "quantity": leg.quantity,
        "mark_usd": leg.price,
        "mark_source": str(held.source),
        "mark_age_seconds": at - held.marked_at,
        "value_usd": held.value_usd,
        "days_left": json_number((leg.expiry_at - at) / DAY) if _is_option(held) else None,
        "naked": held.naked,
        "greeks": asdict(held.greeks),
    }


def _profit_dict(profit: Profit) -> dict[str, Any]:
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in profit._asdict().items()}
