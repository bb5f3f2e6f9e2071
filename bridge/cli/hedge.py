"""`alvh hedge`: what was really bought and sold. Record and list; `hedge_import` and `hedge_changes` have the rest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.flags import ConfigOption, JsonOption, print_json, say

if TYPE_CHECKING:
    from bridge.ledger.store import Added, Store
    from hedge.ledger.fills import Fill
    from hedge.ledger.results import Account

app = typer.Typer(
    no_args_is_help=True,
    help="The ledger of fills: import, record, list, close, correct. Nothing in it is ever changed or removed.",
)
BookOption = Annotated[str | None, typer.Option("--book", help="Name of the book; default: ledger.book, main.")]
VenueOption = Annotated[str | None, typer.Option("--venue", help="Where it was traded; default: deribit.")]
QuantityOption = Annotated[str | None, typer.Option("--quantity", help="Units of the underlying, without sign.")]
PriceOption = Annotated[str | None, typer.Option("--price", help="Of one unit in the venue's quote: ETH, BTC or USD.")]
FeeOption = Annotated[str | None, typer.Option("--fee", help="In the currency, negative where rebated.")]
IndexOption = Annotated[str | None, typer.Option("--index", help="USD per unit of the currency at that time.")]
TimeOption = Annotated[
    str | None, typer.Option("--time", help="UTC, as 2026-03-27T08:00:00, or milliseconds; default: now.")
]
IdOption = Annotated[
    str | None, typer.Option("--id", help="The venue's id; without one it is made from the other words.")
]
CurrencyOption = Annotated[str | None, typer.Option("--currency", help="Default: what the instrument settles in.")]
PlanOption = Annotated[str | None, typer.Option("--plan", help="Hash of the plan that this carries out.")]
OrderOption = Annotated[str | None, typer.Option("--order", help="Number of the plan's order that this fills.")]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Take prices that are far from those of the ledger nearest in time.")
]


@dataclass(frozen=True)
class Ledger:
    """The open ledger, the book that a command works on, and where it is, as people may see it."""

    store: Store
    book: str
    where: str


@contextmanager
def open_ledger(config: Path | None, book: str | None) -> Iterator[Ledger]:
    """Open the ledger of the settings.

    Raises
    ------
    UsageError
        The book's name is none.
    LedgerError, BadConfig, MissingTool
        The database cannot be used.
    """
    from bridge.config import load_config
    from bridge.errors import UsageError
    from bridge.foreign import shown_address
    from bridge.ledger.place import ledger_address
    from bridge.ledger.store import open_store

    settings = load_config(config)
    name = settings.ledger.book if book is None else book
    if not name.strip() or len(name) > 64 or not name.isprintable():
        raise UsageError("--book: a name has 1 to 64 printable letters")
    address = ledger_address(settings)
    with open_store(address) as store:
        yield Ledger(store, name, shown_address(address))


@app.command()
def record(
    instrument: Annotated[
        str | None, typer.Option("--instrument", help="As the venue names it; none for a transfer.")
    ] = None,
    side: Annotated[str | None, typer.Option("--side", help="buy or sell.")] = None,
    quantity: QuantityOption = None,
    price: PriceOption = None,
    index: IndexOption = None,
    fee: FeeOption = None,
    currency: CurrencyOption = None,
    kind: Annotated[str, typer.Option("--kind", help="trade, delivery, funding, fee or transfer.")] = "trade",
    amount: Annotated[
        str | None,
        typer.Option(
            "--amount", help="Of funding or a transfer, negative where money went out; of a fee what was paid."
        ),
    ] = None,
    time: TimeOption = None,
    venue: VenueOption = None,
    fill_id: IdOption = None,
    plan: PlanOption = None,
    order: OrderOption = None,
    note: Annotated[str | None, typer.Option("--note", help="Free words.")] = None,
    force: ForceOption = False,
    book: BookOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Record one fill by hand: a trade, a delivery, funding, a fee, or money moved in or out.

    Without --id the id follows from the other words, so that the same command twice adds nothing; a second fill with
    the same words needs an --id or a --time of its own.

    Examples: alvh hedge record --instrument ETH-27MAR26-1800-P --side buy --quantity 10 --price 0.034 --index 1950;
    alvh hedge record --kind funding --instrument ETH-PERPETUAL --amount -0.0012 --index 1950; alvh hedge record --kind
    transfer --currency USDC --amount 25000
    """
    from bridge.ledger.hand import append_by_hand, hand_fill, moved_cells
    from bridge.ledger.store import now_ms

    said = {"kind": kind} | given(
        instrument=instrument, side=side, quantity=quantity, price=price, index=index, fee=fee, currency=currency,
        time=time, venue=venue, id=fill_id, plan=plan, order=order, note=note,
    )  # fmt: skip
    with open_ledger(config, book) as ledger:
        fill = hand_fill(moved_cells(said, amount), ledger.book, now_ms())
        added = append_by_hand(ledger.store, fill, force=force)
        answer(added, [fill], ledger, as_json)


def given(**cells: str | None) -> dict[str, str]:
    """Return the cells of a fill that were typed, by the names of our CSV."""
    return {name: text for name, text in cells.items() if text is not None}


def answer(added: Added, fills: list[Fill], ledger: Ledger, as_json: bool) -> None:
    """Say what was appended, or that it was there."""
    from bridge.cli.hedge_text import exact, fill_json, told_json, told_lines

    if as_json:
        told = told_json(added.told)
        print_json({"new": added.new, "known": added.known, **told, "fills": [fill_json(fill) for fill in fills]})
        return
    for fill in fills:
        what = f"{exact(fill.quantity)} {fill.instrument} at {exact(fill.price)}" if fill.quantity else fill.instrument
        cash = f"cash {exact(fill.cash)}, fee {exact(fill.fee)} {fill.currency}"
        say(f"{'recorded' if added.new else 'known'}: {fill.id}: {fill.kind.value} {what}, {cash}".replace(" ,", ","))
    if added.new:
        say(f"in book {ledger.book} of {ledger.where}")
    else:
        say("nothing was added; if it happened twice, give the second one an --id or a --time of its own")
    for line in told_lines(added.told):
        say(line)


@app.command("list")
def list_(
    book: BookOption = None,
    entries: Annotated[bool, typer.Option("--fills", help="Every entry instead of what follows from them.")] = False,
    at: Annotated[str | None, typer.Option("--at", help="As it was at this time (UTC); default: now.")] = None,
    returns: Annotated[
        bool, typer.Option("--returns", help="What it is worth and has returned, against the cost of its capital.")
    ] = False,
    chain_file: Annotated[
        Path | None, typer.Option("--chain", help="With --returns: option chain file to mark it at.")
    ] = None,
    max_age: Annotated[
        int | None, typer.Option("--max-age", min=1, help="With --returns: seconds that quotes may be old.")
    ] = None,
    plan: Annotated[
        str | None, typer.Option("--plan", help="Which orders of this plan were done: a hash, or `newest`.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show what a book holds: positions, what they cost, what was realised, cash, and what is not settled.

    An option that expired without a delivery among its fills is settled at the delivery price of its expiry. Where that
    is not known, a terminal asks for it.

    --returns marks what is held at quotes and shows the internal rate of the real cash flows with the margin that they
    tied up (an estimate by the venue's rules) against the weighted cost of capital, whose parts the section `capital`
    of alvh.toml states. A hedge that returns less may not borrow.

    Examples: alvh hedge list; alvh hedge list --book treasury --at 2026-03-27T07:59:00 --json; alvh hedge list --fills
    --csv > fills.csv; alvh hedge list --returns --chain quotes.csv; alvh hedge list --plan newest
    """
    from bridge.cli.hedge_worth import show_orders, show_returns

    check_views(returns, plan, entries, as_csv)
    if plan:
        show_orders(config, book, at, plan, as_json)
        return
    if returns:
        show_returns(config, book, at, (chain_file, max_age), as_json)
        return
    from bridge.ledger.hand import asked_time
    from bridge.ledger.store import now_ms

    at_ms = asked_time(at) if at else now_ms()
    with open_ledger(config, book) as ledger:
        if entries:
            _show_fills(ledger, at_ms, as_csv, as_json)
        else:
            asks = not (as_json or as_csv or at) and sys.stdin.isatty() and sys.stdout.isatty()
            _show_account(ledger, at_ms, asks, as_csv, as_json)


def check_views(returns: bool, plan: str | None, entries: bool, as_csv: bool) -> None:
    """Refuse two views at once.

    Raises
    ------
    UsageError
        More than one of --returns, --plan and --fills, or --csv with one of the first two.
    """
    from bridge.errors import UsageError

    if returns + bool(plan) + entries > 1 or (as_csv and (returns or plan)):
        raise UsageError("--returns, --plan and --fills are one at a time, and --csv goes with none of the first two")


def account_of(ledger: Ledger, at_ms: int) -> Account:
    """Return the account of the book at a time, from the balance that was carried where it fits."""
    from bridge.errors import LedgerDamaged
    from bridge.formats import printable
    from hedge.errors import BadInput
    from hedge.ledger.account import account
    from hedge.ledger.carried import brought_forward

    prices = ledger.store.delivery_prices()
    balance, fills = ledger.store.since_balance(ledger.book, at_ms)
    try:
        carried = brought_forward(balance) if balance else None
    except BadInput as error:
        raise LedgerDamaged(ledger.where, f"the balance of {printable(ledger.book)}: {error}") from error
    if balance and carried is None:
        fills = [fill for fill in ledger.store.fills(ledger.book) if fill.at_ms <= at_ms]
    return account(fills, prices, at_ms, carried)


def _show_account(ledger: Ledger, at_ms: int, asks: bool, as_csv: bool, as_json: bool) -> None:
    from bridge.cli import hedge_text

    account = account_of(ledger, at_ms)
    if account.unsettled and asks and _ask(account, ledger.store):
        account = account_of(ledger, at_ms)
    if as_json:
        print_json({"book": ledger.book, "at_ms": at_ms, **hedge_text.account_json(account)})
    elif as_csv:
        rows = [hedge_text.position_json(held) for held in account.positions.values()]
        hedge_text.write_csv(hedge_text.HELD_NAMES, rows)
    elif not account.positions and not account.cash:
        _say_empty(ledger)
    else:
        hedge_text.print_account(account, ledger.book, ledger.where, at_ms)
    _tell_unsettled(account)


def _show_fills(ledger: Ledger, at_ms: int, as_csv: bool, as_json: bool) -> None:
    from bridge.cli import hedge_text

    fills = [fill for fill in ledger.store.fills(ledger.book) if fill.at_ms <= at_ms]
    if as_json:
        print_json({"book": ledger.book, "fills": [hedge_text.fill_json(fill) for fill in fills]})
    elif as_csv:
        from bridge.ledger.exports.formats.plain import COLUMNS

        hedge_text.write_csv(COLUMNS, [hedge_text.fill_cells(fill) for fill in fills])
    elif not fills:
        _say_empty(ledger)
    else:
        hedge_text.print_fills(fills, ledger.book)


def _say_empty(ledger: Ledger) -> None:
    others = [name for name in ledger.store.books() if name != ledger.book]
    known = f"; books with fills: {', '.join(others)} (--book)" if others else ""
    say(f"book {ledger.book} of {ledger.where} has no fills by then: `alvh hedge import FILE` brings them{known}")


def _ask(account: Account, store: Store) -> bool:
    """Ask for each delivery price that is missing; tell whether one was given."""
    from bridge.formats import printable
    from bridge.ledger.hand import hand_delivery
    from bridge.ledger.scale import check_delivery
    from bridge.ledger.store import now_ms

    given = False
    for venue, name in _expiries(account):
        where = f"{name} was delivered at by {printable(venue)}, USD per unit (empty: not now)"
        price = typer.prompt(where, default="", show_default=False)
        if price.strip():
            known = hand_delivery(name, price.strip(), venue, now_ms())
            check_delivery(store, known)
            given |= store.add_delivery(known)
    return given


def _expiries(account: Account) -> list[tuple[str, str]]:
    """Return venue and name of each expiry that is not settled, as ETH-27MAR26."""
    open_ = [
        (held.venue, held.traded.asset, held.instrument.split("-")[1]) for held in account.unsettled if held.traded
    ]
    return sorted({(venue, f"{asset}-{day}") for venue, asset, day in open_})


def _tell_unsettled(account: Account) -> None:
    from bridge.cli.hedge_text import exact
    from bridge.formats import printable

    for held in account.over_delivered:
        what = f"delivered more than was held: {held.instrument}, {exact(held.quantity)} left over"
        how = "`alvh hedge list --fills` shows by what; `alvh hedge correct ID` takes a wrong delivery back"
        say(f"{what}: {how}, or a trade is missing", stderr=True)
    for venue, name in _expiries(account):
        at_venue = "" if venue == "deribit" else f" --venue {printable(venue)}"
        how = f"alvh hedge close {name} --delivery PRICE{at_venue}"
        say(f"not settled: {name} has no delivery price: {how}", stderr=True)
