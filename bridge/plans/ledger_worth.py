"""What a book of the ledger is worth where no pool stands beside it, and what it has returned: `alvh hedge list`."""

from __future__ import annotations

import math
from pathlib import Path

from bridge.config import CapitalConfig, Config
from bridge.errors import UntrustedNumber, UsageError
from bridge.plans.ledger_book import Held, LedgerBook, mark_ledger
from bridge.plans.make import Planned
from bridge.plans.market import quoted_market
from bridge.sources.option_chains import check_age
from bridge.sources.quotes.files import read_chain_file
from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.instruments.option_chain import OptionChain
from hedge.market import Market
from hedge.policy.parameters import Parameters
from hedge.valuation.hedge_return import CapitalTerms, HedgeReturn, hedge_return


def mark_by_file(ledger: LedgerBook, config: Config, file: Path | None) -> Held:
    """Mark a book by a file of quotes: what is held of their assets, at the time of the book.

    Parameters
    ----------
    file
        Option chains; `options.file` of the settings where it is None.

    Raises
    ------
    UsageError
        There is no file of quotes, and something is held.
    BadFile, UntrustedNumber
        The quotes cannot be used, are too old, or are of other assets.
    """
    assets = {held.traded.asset for held in ledger.account.positions.values() if held.quantity and held.traded}
    path = file or config.options.file
    if not assets:
        nothing = Market(ledger.at, {}, {})
        return mark_ledger(ledger, book_exposure(Book(()), nothing), nothing, {}, Parameters())
    if path is None:
        raise UsageError("what is held is marked at quotes: give --chain FILE, or set options.file")
    chains = _chains(path, ledger.at, assets, config)
    quoted = quoted_market(chains, config.book.correlation)
    market = Market(ledger.at, quoted.spots, quoted.vols, quoted.correlations, quoted.vol_source, quoted.vol_provenance)
    return mark_ledger(ledger, book_exposure(Book(()), market), market, chains, Parameters())


def _chains(path: Path, at: int, assets: set[str], config: Config) -> dict[str, OptionChain]:
    found = read_chain_file(path, at)
    missing = sorted(assets - set(found))
    if missing:
        raise UntrustedNumber(f"{path} has no quotes of {', '.join(missing)}, of which something is held")
    chains = {asset: found[asset] for asset in assets}
    check_age(chains, at, config.options.max_age_seconds, "the time of the book")
    return {asset: chain.alive(at) for asset, chain in chains.items()}


def returns_of(held: Held, capital: CapitalConfig) -> HedgeReturn:
    """Return what the hedge has returned by the time of its marks, against what its capital costs."""
    terms = CapitalTerms(
        own_cost=_stated(capital.own_cost),
        margin_cost=_stated(capital.margin_cost),
        borrowed_usd=capital.borrowed_usd,
        borrowed_cost=_stated(capital.borrowed_cost),
    )
    return hedge_return(held.ledger.account, held.marks, held.ledger.at * 1000, terms)


def marked_hedge(planned: Planned, capital: CapitalConfig) -> tuple[Held, HedgeReturn] | None:
    """Return what the ledger of a plan holds at the plan's market, and what it has returned; None without one."""
    if planned.ledger is None:
        return None
    seen = planned.observation
    governed = seen.governed.parameters, seen.governed.own_parameters()
    held = mark_ledger(planned.ledger, seen.exposure, seen.market, planned.option_chains, *governed)
    return held, returns_of(held, capital)


def _stated(cost: float | None) -> float:
    return math.nan if cost is None else cost
