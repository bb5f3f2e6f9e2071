"""`alvh networks`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import JsonOption, print_json

if TYPE_CHECKING:
    from bridge.networks import Network, NetworkToken

COLUMNS = ("name", "network", "coin", "chain id", "block", "final after", "tokens", "feeds")
TOKEN_COLUMNS = ("token", "asset", "kind", "priced by", "address", "decimals")
FEED_COLUMNS = ("feed", "address", "heartbeat")
CONTRACT_COLUMNS = ("contract", "address")


def networks(
    name: Annotated[str | None, typer.Argument(help="Show one: its tokens, feeds and contracts.")] = None,
    files: Annotated[
        list[Path] | None, typer.Option("--file", help="TOML file that adds a network or tokens; again for more.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the public networks that are known, or the tokens, feeds and contracts of one. Asks no node.

    Examples: alvh networks; alvh networks base; alvh networks base --file mine.toml --json
    """
    from bridge.errors import UsageError
    from bridge.networks import known_networks

    known = known_networks(files or ())
    if name is not None and name not in known:
        raise UsageError(f"no such network: there are {', '.join(known)}; --file adds one, see docs/networks.md")
    if as_json:
        print_json(_document(known[name]) if name else [_document(each) for each in known.values()])
    elif name:
        _show_one(known[name])
    else:
        _show_all(list(known.values()))


def _document(network: Network) -> dict[str, Any]:
    return network.model_dump(mode="json") | {"feeds": [feed.model_dump() for feed in network.feeds.values()]}


def _show_all(known: list[Network]) -> None:
    from bridge.cli.show import console, table

    rows = [
        [
            each.name,
            each.title,
            each.coin,
            str(each.chain_id),
            f"{each.block_seconds:g} s",
            _time(each.finality_blocks * each.block_seconds),
            str(len(each.tokens)),
            str(len(each.feeds)),
        ]
        for each in known
    ]
    console().print(table("Known networks", COLUMNS, rows, left=3))


def _show_one(network: Network) -> None:
    from bridge.cli.show import console, table

    out = console()
    number = "its own" if network.number_is_own else "another chain's"
    final = f"{network.finality_blocks:,} blocks ({_time(network.finality_blocks * network.block_seconds)})"
    out.print(
        f"{network.title}: chain {network.chain_id}, coin {network.coin}, a block every {network.block_seconds:g} s, "
        f"final after {final}; block.number is {number}",
        markup=False,
    )
    tokens = [
        [token.symbol, token.asset, token.kind, _priced(network, token), token.address, str(token.decimals)]
        for token in network.tokens
    ]
    out.print(table("Tokens", TOKEN_COLUMNS, tokens, left=5))
    feeds = [[feed.pair, feed.address, _time(feed.heartbeat_seconds)] for feed in network.feeds.values()]
    out.print(table("Feeds", FEED_COLUMNS, feeds, left=2) if feeds else "No feed is known here: see docs/networks.md.")
    out.print(table("Contracts", CONTRACT_COLUMNS, _contracts(network), left=2))


def _priced(network: Network, token: NetworkToken) -> str:
    """Say what a token's price is made of; of a pair of no feed, nothing."""
    feed = network.feed_of(token)
    parts = [token.rate.function if token.rate else "", feed.pair if feed else ""]
    return " x ".join(part for part in parts if part) or "no feed"


def _contracts(network: Network) -> list[list[str]]:
    """Return name and address of every contract that is known beside tokens and feeds."""
    named = {f"Uniswap {key.replace('_', ' ')}": at for key, at in network.uniswap.model_dump().items()}
    named |= {"sequencer feed": network.sequencer_feed, "Multicall3": network.multicall}
    rows = [[what, at] for what, at in named.items() if at is not None]
    return rows + [[kind.replace("_", " "), at] for at, kind in network.stakers.items()]


def _time(seconds: float) -> str:
    """Return a duration in its largest whole unit."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
