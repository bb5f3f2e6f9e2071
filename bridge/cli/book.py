"""`alvh exposure`: what an owner's positions are worth and exposed to."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import BlockOption, ConfigOption, JsonOption, OwnerOption, open_session, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.adapters.pool_position import Unread
    from bridge.cli.flags import Session
    from bridge.plans.ledger_book import Held
    from bridge.snapshot import Snapshot
    from hedge.book.exposure import BookExposure, PositionExposure
    from hedge.market import Market


FORMULA = ("=", "+", "-", "@")


def exposure(
    owner: OwnerOption = None,
    block: BlockOption = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a CSV row per position.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show every position of an owner and the whole book: value, greeks, IL, LVR, fees, break-even volatility.

    All numbers are of one block, which is confirmed after the last read. Where the ledger of `alvh hedge` says what is
    held, its legs follow at their marks, with what each layer covers and the greeks of pools and legs together.

    Examples: alvh exposure; alvh exposure --owner 0xabc... --json; alvh exposure --block 1200 --csv > book.csv
    """
    from bridge.plans.observe import look_at_positions, read_market, valued

    session = open_session(config)
    snapshot, holder = session.snapshot(block), session.owner(owner)
    market = read_market(snapshot, session.config.book)
    held = look_at_positions(snapshot, holder, dict(market.spots), session.config.book)
    snapshot.confirm()
    held, found = valued(snapshot, held, market, session.config.book)
    hedge = _hedge(session, snapshot, found, market)
    rows = [position.to_dict() | exact.exact() for position, exact in zip(found.positions, held.raw, strict=True)]
    if as_json:
        content = found.to_dict() | {"positions": rows, "owner": holder, "block": snapshot.block.__dict__}
        content["unread"] = [position.__dict__ for position in held.unread]
        content["stops"] = held.stops
        content["held"] = hedge.to_dict() if hedge else None
        print_json(content | {"market": {"spots": dict(market.spots), "vols": dict(market.vols)}})
    elif as_csv:
        _print_csv(rows)
    else:
        print_exposure(found, holder, snapshot.block.number)
        if hedge:
            from bridge.cli.held_text import print_held

            print_held(hedge)
    if not as_json:
        print_unread(held.unread)


def _hedge(session: Session, snapshot: Snapshot, found: BookExposure, market: Market) -> Held | None:
    """Return what the ledger says is held, marked; None where there is no ledger or nothing in it."""
    from bridge.plans.ledger_book import mark_ledger, read_ledger

    ledger = read_ledger(session.config, snapshot.block.timestamp)
    if ledger is None:
        return None
    from bridge.plans.observe import read_governed
    from bridge.sources.option_chains import read_option_chains

    chains = read_option_chains(session.config.options, dict(market.spots), snapshot.block.timestamp)
    return mark_ledger(ledger, found, market, chains, read_governed(snapshot).parameters)


def print_unread(unread: Iterable[Unread]) -> None:
    """Name the positions that are not in the book, on standard error."""
    from bridge.alerts.rules import MOST_UNREAD
    from bridge.foreign import LINE, foreign

    left = [*unread]
    for position in left[:MOST_UNREAD]:
        sys.stderr.write(f"not read: {foreign(position.id)}: {foreign(position.reason, 2 * LINE)}\n")
    if len(left) > MOST_UNREAD:
        sys.stderr.write(f"not read: {len(left) - MOST_UNREAD} more, `alvh exposure --json` names them all\n")


def _print_csv(rows: list[dict[str, Any]]) -> None:
    """Print the columns that hold one value in every row: a list of one position may be unknown for another."""
    nested = {name for row in rows for name, value in row.items() if isinstance(value, (dict, list))}
    names = list(dict.fromkeys(name for row in rows for name in row if name not in nested)) or ["id"]
    writer = csv.DictWriter(sys.stdout, fieldnames=names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(_cells(row) for row in rows)


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose texts disguise nothing, and are no formula to a spreadsheet."""
    from bridge.foreign import foreign

    texts = {name: foreign(value) for name, value in row.items() if isinstance(value, str)}
    return row | {name: f"'{text}" if text[:1] in FORMULA and not _is_number(text) else text
                  for name, text in texts.items()}  # fmt: skip


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def print_exposure(found: BookExposure, holder: str, block_number: int) -> None:
    """Print the positions, the pools and the whole book as tables."""
    from bridge.cli.show import console, table, usd

    out = console()
    columns = ["id", "pool", "in range", "price", "value", "delta", "gamma 1 %", "IL", "fees owed", "fees/yr", "LVR/yr"]
    columns += ["break-even vol", "implied"]
    title = f"{len(found.positions)} positions of {holder} at block {block_number}, in USD"
    out.print(table(title, columns, [_position_row(position, found) for position in found.positions], left=3))
    out.print()
    columns = ["pool", "positions", "value", "IL", "fees owed", "fees/yr", "LVR/yr"]
    out.print(table("By pool, in USD", columns, _pool_rows(found)))
    out.print()
    columns = ["asset", "price", "delta (units)", "delta", "gamma 1 %", "tail loss"]
    out.print(table("The whole book by asset, in USD", columns, _asset_rows(found)))
    out.print(
        f"value {usd(found.value_usd)} USD, IL {usd(found.il_usd)}, fees owed {usd(found.fees_usd)}, "
        f"fees {usd(found.fee_usd_per_year)} a year against LVR {usd(found.lvr_usd_per_year)}"
    )


def _position_row(position: PositionExposure, book: BookExposure) -> list[str]:
    from bridge.cli.show import number, percent, usd
    from bridge.formats import position_label

    deltas = ", ".join(f"{number(units)} {asset}" for asset, units in sorted(position.deltas.items()) if asset != "USD")
    gamma = sum(value * book.assets[a].spot ** 2 / 100 for (a, b), value in position.gammas.items() if a == b)
    price, value = number(position.price, 6), usd(position.value_usd)
    money = [usd(x) for x in (position.il_usd, position.fees_usd, position.fee_usd_per_year, position.lvr_usd_per_year)]
    vols = [percent(position.break_even_vol), percent(position.implied_vol)]
    return [
        position_label(position.id),
        position.pool,
        "yes" if position.in_range else "no",
        price,
        value,
        deltas,
        usd(gamma),
        *money,
        *vols,
    ]


def _pool_rows(book: BookExposure) -> list[list[str]]:
    from bridge.cli.show import usd

    rows = []
    for pool in sorted({position.pool for position in book.positions}):
        inside = [position for position in book.positions if position.pool == pool]
        names = ("value_usd", "il_usd", "fees_usd", "fee_usd_per_year", "lvr_usd_per_year")
        rows.append(
            [pool, str(len(inside)), *(usd(sum(getattr(position, name) for position in inside)) for name in names)]
        )
    return rows


def _asset_rows(book: BookExposure) -> list[list[str]]:
    from bridge.cli.show import number, usd

    return [
        [
            asset,
            number(exposure.spot, 6),
            number(exposure.delta, 5),
            usd(exposure.delta_usd),
            usd(exposure.gamma_usd),
            usd(exposure.tail_loss_usd),
        ]
        for asset, exposure in sorted(book.assets.items())
    ]
