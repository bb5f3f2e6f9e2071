"""`alvh exposure`: what an owner's positions are worth and exposed to."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from bridge.cli.flags import (
    BlockOption,
    ConfigOption,
    JsonOption,
    LiveOption,
    OwnerOption,
    RpcOption,
    open_book,
    print_json,
    require_one_source,
    say,
)
from bridge.cli.planning import AtOption, BookOption, ChainFileOption, MaxAgeOption, SignalsOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.adapters.pool_position import Unread
    from bridge.chain.blocks import BlockRef
    from bridge.cli.exposure_ideas import Ideas
    from bridge.config import Config
    from bridge.networks import Network
    from bridge.plans.ledger_book import Held
    from bridge.plans.network_book import ChainSeen
    from bridge.plans.observe import Dust, Holdings
    from bridge.snapshot import Snapshot
    from hedge.book.exposure import BookExposure
    from hedge.book.positions import Book
    from hedge.instruments.option_chain import OptionChain
    from hedge.market import Market


NAMED_DUST: Final = 5
"""Positions of dust that are named; `alvh exposure --json` names them all."""


class Seen(NamedTuple):
    """A book as it was seen, on chain or at quotes, and the settings that it was seen with."""

    owner: str
    block: BlockRef
    book: Book
    market: Market
    exposure: BookExposure
    exact: list[dict[str, Any]]
    unread: tuple[Unread, ...]
    settings: Config
    hedge: Held | None
    stops: str = ""
    dust: tuple[Dust, ...] = ()
    network: Network | None = None
    chains: tuple[ChainSeen, ...] = ()

    @property
    def where(self) -> str:
        """Return whose book it is and when."""
        from bridge.plans.owners import owner_words
        from bridge.units import utc

        stated, whose = self.block.number == 0, owner_words(self.owner, self.settings.book.labels)
        if len(self.chains) > 1:  # each has a block of its own
            return f"{whose} at {utc(self.block.timestamp)}"
        return whose + (f", quotes of {utc(self.block.timestamp)}" if stated else f" at block {self.block.number}")


def exposure(
    owner: OwnerOption = None,
    rpc: RpcOption = None,
    block: BlockOption = None,
    signals: SignalsOption = None,
    swaps: Annotated[Path | None, typer.Option("--swaps", help="Swaps of a pool, CSV or parquet: markouts.")] = None,
    book: BookOption = None,
    chain_file: ChainFileOption = None,
    at: AtOption = None,
    max_age: MaxAgeOption = None,
    live: LiveOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a CSV row per position.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show every position of an owner and the whole book: value, greeks, IL, LVR, fees, break-even volatility.

    Below them: how many independent bets the pools are and what their joint tail keeps, on the histories of
    --signals; how many years of fees each pool costs; with --swaps, markouts and LVR of a pool's own swaps.

    All numbers are of one block, which is confirmed after the last read. Where the ledger of `alvh hedge` says what is
    held, its legs follow at their marks, with what each layer covers and the greeks of pools and legs together.

    Examples: alvh exposure; alvh exposure --owner 0xabc... --json; alvh exposure --block 1200 --csv > book.csv;
    alvh exposure --rpc https://node.example --owner 0xabc... --live;
    alvh exposure --book book.toml --chain quotes.csv --signals .alvh/signals --swaps swaps.csv
    """
    from bridge.cli.plan_checks import check_flags
    from bridge.cli.planning import with_flags
    from bridge.config import load_config

    check_flags(book, owner, block, at, writes_what_if=False, rpc=rpc)
    require_one_source(chain_file, live, book)
    if book:
        seen = _see_stated(book, with_flags(load_config(config), chain_file, signals, max_age), at)
    else:
        seen = _see_on_chain(owner, rpc, block, (chain_file, signals, max_age, live), config)
    rows = _rows(seen)
    if as_csv and not as_json:
        _print_csv(rows)
    else:
        ideas = _ideas(seen, swaps)
        if as_json:
            _print_json(seen, rows, ideas.to_dict())
            return
        _print_seen(seen, ideas)
    print_unread(seen.unread)


def _rows(seen: Seen) -> list[dict[str, Any]]:
    """Return each position as JSON and CSV show it."""
    from bridge.plans.ranges import range_columns, time_in_range

    each = zip(seen.exposure.positions, seen.book.positions, seen.exact, strict=True)
    return [
        found.to_dict() | range_columns(position, found.price) | {"time_in_range": time_in_range(exact)} | exact
        for found, position, exact in each
    ]


def _print_seen(seen: Seen, ideas: Ideas) -> None:
    from bridge.cli.exposure_ideas import print_ideas
    from bridge.cli.exposure_text import print_exposure
    from bridge.cli.held_text import print_held
    from bridge.cli.show import console, first_lines
    from bridge.plans.ranges import edge_lines, time_in_range

    for line in observed_lines(seen.network, seen.market, seen.chains):
        console().print(line, markup=False, soft_wrap=True)
    if not seen.exposure.positions:
        left = ": what is left out of it is named below" if seen.unread or seen.dust else ": check --owner"
        say(f"no positions found of {seen.where}{left}")
    else:
        rows = zip(seen.exposure.positions, seen.exact, strict=True)
        print_exposure(seen.exposure, seen.where, {each.id: time_in_range(exact) for each, exact in rows})
    unknown = first_lines(unknown_lines(seen), "more positions have fees or IL that are unknown: `--json` has them all")
    near = edge_lines(list(zip(seen.exposure.positions, seen.book.positions, strict=True)))
    near = first_lines(near, "more positions are near an end of their range: `--json` has them all")
    for line in (*near, *dust_lines(seen.dust, seen.settings.book.dust_usd), *unknown):
        console().print(line, markup=False, soft_wrap=True)
    if seen.hedge:
        print_held(seen.hedge)
    if seen.exposure.positions:
        print_ideas(ideas)


def observed_lines(network: Network | None, market: Market | None, chains: tuple[ChainSeen, ...] = ()) -> list[str]:
    """Return what a book that is only observed rests on, and each of several chains: none without a public network."""
    from bridge.plans.network_book import place_lines

    if network is None or market is None:
        return place_lines(network, (), 0)
    rests = f"prices: {market.spot_source}; volatilities: {market.vol_source}"
    return [*place_lines(network, chains, market.observed_at), rests]


def unknown_lines(seen: Seen) -> list[str]:
    """Return a line for each position whose past was not read, or is too short to say what it earns in a year.

    The most valuable first.
    """
    from bridge.formats import age

    now, found = seen.block.timestamp, []
    rows = zip(seen.exposure.positions, seen.exact, strict=True)
    for position, exact in sorted(rows, key=lambda row: -row[0].value_usd):
        young = "earning_since" in exact and position.in_range and math.isnan(position.fee_usd_per_year)
        young = young and not math.isnan(position.implied_vol)  # without a volatility no fees are, whatever their age
        if exact.get("unknown"):
            found.append(f"IL{' and fees a year' if young else ''} of {position.id} unknown: {exact['unknown']}")
        elif young:
            since = age(now - exact["earning_since"])
            found.append(f"fees a year of {position.id} are unknown: it has earned for {since} of a day")
    return found


def dust_lines(dust: Sequence[Dust], least_usd: float) -> list[str]:
    """Return a line that counts the positions beside the book and names the largest; none without any."""
    from bridge.cli.show import number

    if not dust:
        return []
    one, worth = len(dust) == 1, number(math.fsum(each.worth_usd for each in dust), 3)
    names = ", ".join(each.id for each in dust[:NAMED_DUST]) + (", ..." if len(dust) > NAMED_DUST else "")
    count = f"{len(dust):,} position{'' if one else 's'} of {worth} USD{'' if one else ' together'}"
    rule = f"less than book.dust_usd = {least_usd:,.10g}"
    return [f"dust, not in the book: {count} ({rule}): {names}"]


def refuse_quotes(chain_file: Path | None, max_age: int | None, live: bool) -> None:
    """Refuse quotes for a book on chain, whose prices are the chain's.

    Raises
    ------
    UsageError
        One of them was given.
    """
    from bridge.errors import UsageError

    if chain_file or max_age or live:
        raise UsageError(
            "--chain, --live and --max-age go with --book or a public network; a book of a deployment is valued at its "
            "own feeds"
        )


def _see_stated(book: Path, settings: Config, at: str | None) -> Seen:
    """Return a book that a file states, at the quotes of a chain file."""
    from bridge.plans.ledger_book import mark_ledger, read_ledger
    from bridge.plans.make import observe_quoted
    from bridge.plans.stated_book import read_time
    from hedge.book.exposure import book_exposure

    found, chains, time = observe_quoted(book, settings, None if at is None else read_time(at))
    exact: list[dict[str, Any]] = [{} for _ in found.book.positions]
    ledger = read_ledger(settings, time)
    exposure = book_exposure(found.book, found.market)
    hedge = mark_ledger(ledger, exposure, found.market, chains, found.governed.parameters) if ledger else None
    return Seen(found.owner, found.block, found.book, found.market, exposure, exact, (), settings, hedge)


def _see_on_chain(
    owner: list[str] | None,
    rpc: str | None,
    block: int | None,
    given: tuple[Path | None, Path | None, int | None, bool],
    config: Path | None,
) -> Seen:
    """Return an owner's book at one block; `given` : quotes, histories, age of quotes, and whether a venue is asked."""
    from bridge.config import load_config

    stated = load_config(config)
    if rpc is None and stated.chain.network is None and not stated.chains:
        refuse_quotes(given[0], given[2], given[3])
    session = open_book(config, rpc)
    from bridge.cli.planning import with_flags
    from bridge.plans.network_book import see_network_book  # only now: a node that does not answer is said at once
    from hedge.book.positions import Book

    if session.network is None:
        refuse_quotes(given[0], given[2], given[3])
    settings = with_flags(session.config, *given)
    snapshot, holder = session.snapshot(block), session.owner(owner)
    if session.network:
        (market, _, unknown), quotes, held, exposure, chains = see_network_book(
            snapshot, settings, holder, quoted=False
        )
    else:
        (market, unknown, held, exposure), quotes, chains = _see_deployment(snapshot, settings, holder), None, ()
    book, exact = Book(held.positions), [raw.exact() for raw in held.raw]
    hedge = _hedge(settings, snapshot, exposure, market, quotes)
    if session.network is None:  # else each chain was confirmed
        snapshot.confirm()
    left, rest = (*unknown, *held.unread), (settings, hedge, held.stops, held.dust, session.network, chains)
    return Seen(holder, snapshot.block, book, market, exposure, exact, left, *rest)


def _see_deployment(
    snapshot: Snapshot, settings: Config, holder: str
) -> tuple[Market, tuple[Unread, ...], Holdings, BookExposure]:
    """Return the market, what nobody knows of it, and an owner's book, where there is a deployment of ours."""
    from bridge.plans.market import look_at_market
    from bridge.plans.observe import look_at_positions, valued

    market, prices, unknown = look_at_market(snapshot, settings.book)
    held = look_at_positions(snapshot, holder, dict(market.spots), settings.book, prices)
    return market, unknown, *valued(snapshot, held, market, settings.book)


def _ideas(seen: Seen, swaps: Path | None) -> Ideas:
    """Return what is said of the pools beside their greeks."""
    from bridge.cli.exposure_ideas import Ideas, measure_swaps
    from bridge.plans.pool_bets import bets_of, known_histories
    from hedge.valuation.pool_bets import pool_cash_flows

    tape = measure_swaps(swaps)
    at, spots = seen.block.timestamp, seen.market.spots
    known = known_histories(seen.settings.signals, at, seen.book.assets, spots)
    bets = bets_of(seen.book, seen.exposure, seen.market, known)
    return Ideas(seen.exposure.value_usd, bets, pool_cash_flows(seen.exposure), tape)


def _print_json(seen: Seen, rows: list[dict[str, Any]], ideas: dict[str, Any]) -> None:
    content = seen.exposure.to_dict() | {"positions": rows, "owner": seen.owner, "block": seen.block.__dict__}
    content["owners"] = _owners(seen)
    content["unread"] = [{"id": left.id, "reason": left.reason, "stops": left.stops} for left in seen.unread]
    content["dust"] = [dust._asdict() for dust in seen.dust]
    content["stops"] = seen.stops
    content["observed"] = observed_lines(seen.network, seen.market, seen.chains)
    content["chains"] = [chain.to_dict() for chain in seen.chains]
    content["held"] = seen.hedge.to_dict() if seen.hedge else None
    told = seen.market.to_dict()
    market = {name: told[name] for name in ("spots", "vols")}
    print_json(content | {"market": market} | ideas)


def _owners(seen: Seen) -> list[dict[str, str | None]]:
    """Return the addresses of an owner, and what people call them; none of a stated book."""
    from bridge.plans.owners import each_owner, is_owner

    names = {address.lower(): name for name, address in seen.settings.book.labels.items()}
    addresses = each_owner(seen.owner) if is_owner(seen.owner) else ()
    return [{"address": each, "label": names.get(each.lower())} for each in addresses]


def _hedge(
    settings: Config, snapshot: Snapshot, found: BookExposure, market: Market, quotes: Mapping[str, OptionChain] | None
) -> Held | None:
    """Return what the ledger says is held, marked at quotes, those of the settings where None are given.

    None where there is no ledger or nothing in it.
    """
    from bridge.plans.ledger_book import mark_ledger, read_ledger

    ledger = read_ledger(settings, snapshot.block.timestamp)
    if ledger is None:
        return None
    from bridge.plans.observe import read_governed
    from bridge.plans.observed import stated_governed
    from bridge.sources.option_chains import read_option_chains

    chains = quotes
    if chains is None:
        chains = read_option_chains(settings.options, dict(market.spots), snapshot.block.timestamp)
    governed = stated_governed(settings.parameters) if snapshot.network else read_governed(snapshot)
    return mark_ledger(ledger, found, market, chains, governed.parameters, governed.own_parameters())


def print_unread(unread: Iterable[Unread]) -> None:
    """Name the positions that are not in the book, on standard error."""
    from bridge.alerts.rules.book import MOST_UNREAD
    from bridge.foreign import LINE, foreign

    left = [*unread]
    for position in left[:MOST_UNREAD]:
        say(f"not read: {foreign(position.id)}: {foreign(position.reason, 2 * LINE)}", stderr=True)
    if len(left) > MOST_UNREAD:
        say(f"not read: {len(left) - MOST_UNREAD} more, `alvh exposure --json` names them all", stderr=True)


def _print_csv(rows: list[dict[str, Any]]) -> None:
    """Print the columns that hold one value in every row: a list of one position may be unknown for another."""
    nested = {name for row in rows for name, value in row.items() if isinstance(value, (dict, list))}
    names = list(dict.fromkeys(name for row in rows for name in row if name not in nested)) or ["id"]
    writer = csv.DictWriter(sys.stdout, fieldnames=names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(_cells(row) for row in rows)


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose texts disguise nothing, and are no formula to a spreadsheet."""
    from bridge.foreign import foreign, guarded

    return row | {name: guarded(foreign(value)) for name, value in row.items() if isinstance(value, str)}
