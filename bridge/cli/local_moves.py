"""`alvh local`: what a hand does to the local chain of `alvh up`: prices, positions, time, feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import ConfigOption, JsonOption, open_session, print_json, say

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.config import Config
    from bridge.local.standing_world import StandingWorld

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The local chain of `alvh up` by hand: move prices, mint positions, let time pass, report volatilities.",
)
OverOption = Annotated[str, typer.Option("--over", help="Time on the chain that the move is spread over: 30m, 6h, 2d.")]
FeedsOption = Annotated[bool, typer.Option("--feeds", help="Let the reporters submit a round to every feed after it.")]
LONGEST = 400 * 86_400
"""Seconds that the chain's time is moved by at once, at most."""


def _opened(config: Path | None) -> tuple[StandingWorld, Config]:
    """Take up the local chain that the settings name."""
    from bridge.chain.blocks import LOCAL_CHAIN_ID
    from bridge.errors import RefusedAction
    from bridge.local.standing_world import StandingWorld

    session = open_session(config)
    if session.chain.chain_id != LOCAL_CHAIN_ID:
        raise RefusedAction(f"chain {session.chain.chain_id} is moved by nobody's hand: `alvh up` starts a local one")
    return StandingWorld.of(session.chain, session.deployment), session.config


def _seconds(text: str, flag: str) -> int:
    from bridge.cli.fetch import read_duration
    from bridge.errors import UsageError

    seconds = 0 if text in ("0", "0s") else read_duration(text, flag)
    if seconds > LONGEST:
        raise UsageError(f"{flag} {text}: at most 400 days at once")
    return seconds


def _reported(world: StandingWorld, settings: Config) -> list[dict[str, Any]]:
    from bridge.local.rounds import submit_rounds

    rounds = submit_rounds(world.snapshot(), settings)
    return [{"asset": each.asset, "points": each.points, "round": each.round} for each in rounds]


def _answer(world: StandingWorld, as_json: bool, done: dict[str, Any], words: str) -> None:
    """Print what was done, with the chain's time and prices after it."""
    from bridge.cli.show import usd
    from bridge.units import utc

    block, prices = world.chain.head(), world.prices()
    if as_json:
        print_json(done | {"block": block.number, "timestamp": block.timestamp, "prices": prices})
        return
    say(words)
    for round_done in done.get("rounds", ()):
        say(f"feed {round_done['asset']}: {round_done['points']:.2f} %, round {round_done['round']}")
    now = ", ".join(f"{asset} {usd(price)}" for asset, price in sorted(prices.items()) if asset != "USD")
    say(f"block {block.number}, {utc(block.timestamp)}: {now} USD")


@app.command()
def trade(
    moves: Annotated[list[str], typer.Argument(help="ASSET=PRICE in USD, or ASSET=-20% from the price of now.")],
    over: OverOption = "1h",
    settle: Annotated[str, typer.Option("--settle", help="Time that passes after it, for averages to follow.")] = "1h",
    noise: Annotated[
        float, typer.Option("--noise", min=0, max=0.2, help="Share that traders push pools beyond each step and back.")
    ] = 0.0,
    feeds: FeedsOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Move every local pool to new prices, by swaps.

    A move of one moment (--over 0 --settle 0) leaves the pools away from their average: what reads prices refuses them.

    Examples: alvh local trade ETH=1500; alvh local trade ETH=-35% BTC=-25% --over 6h --feeds
    """
    from bridge.cli.local import progress
    from bridge.local.anvil import advance_time
    from bridge.local.standing_world import goal_price

    world, settings = _opened(config)
    now = world.prices()
    goals = dict(goal_price(move, now) for move in moves)
    seconds, rest = _seconds(over, "--over"), _seconds(settle, "--settle")
    with progress(as_json) as told:
        world.trade(goals, seconds, noise, lambda share: told("swapping", share))
    if rest:
        advance_time(world.chain, rest)
    done: dict[str, Any] = {"from": now, "to": world.prices(), "seconds": seconds}
    done |= {"rounds": _reported(world, settings)} if feeds else {}
    _answer(world, as_json, done, f"{len(goals)} prices moved in every pool that has them")


@app.command()
def mint(
    pool: Annotated[str, typer.Argument(help="ETH/USD, BTC/USD or ETH/BTC.")],
    lower: Annotated[float, typer.Option("--lower", min=0, help="Lower end, as a multiple of the price of now.")] = 0.8,
    upper: Annotated[float, typer.Option("--upper", min=0, help="Upper end, as a multiple of it.")] = 1.25,
    usd: Annotated[float, typer.Option("--usd", min=1, help="USD to deposit, about.")] = 100_000.0,
    role: Annotated[str, typer.Option("--as", help="Whose position: a role of the local chain.")] = "lp",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Mint a v3 position in a local pool, for the demo LP or the role that --as names, which is given what it lacks.

    Examples: alvh local mint ETH/USD; alvh local mint BTC/USD --lower 0.95 --upper 1.05 --usd 250000
    """
    from bridge.errors import UsageError
    from bridge.local.accounts import INDEX

    world, _ = _opened(config)
    if role not in INDEX:
        raise UsageError(f"no local role {role!r}: one of {', '.join(INDEX)}")
    minted = world.mint(role, pool, (lower, upper), usd)
    _answer(world, as_json, {"token_id": minted, "pool": pool}, f"position uniswap-v3:{minted} minted for {role}")


@app.command("time")
def move_time(
    by: Annotated[str, typer.Argument(help="How far: 90m, 6h, 8d.")],
    feeds: FeedsOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Let time pass on the local chain; feeds grow old meanwhile unless --feeds.

    Examples: alvh local time 1d; alvh local time 3d --feeds
    """
    from bridge.local.anvil import advance_time

    world, settings = _opened(config)
    seconds = _seconds(by, "BY")
    advance_time(world.chain, seconds)
    done: dict[str, Any] = {"seconds": seconds} | ({"rounds": _reported(world, settings)} if feeds else {})
    _answer(world, as_json, done, f"{seconds:,} seconds passed")


@app.command()
def feeds(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Let the local reporters sign and submit one round to every feed, from the configured quotes.

    Example: alvh local feeds
    """
    world, settings = _opened(config)
    rounds = _reported(world, settings)
    _answer(world, as_json, {"rounds": rounds}, f"{len(rounds)} feeds have a new round")
