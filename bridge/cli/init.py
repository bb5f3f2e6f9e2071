"""`alvh init`: the settings of one's own book on a public network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bridge.cli.flags import JsonOption, print_json, say

if TYPE_CHECKING:
    from bridge.networks import Network

T = TypeVar("T")
FILE = Path("alvh.toml")
MOST_DIGITS = 9
UNQUOTED = '# file = "quotes.parquet"             # prices of options, for volatilities and plans; or --chain'
TEXT = """\
# Settings of a book that is only observed: `alvh exposure`, `alvh plan`; `alvh doctor` checks each line.
# Every other setting has a default: alvh.example.toml in the repository lists them. Secrets are never in this file.

[chain]
network = "{network}"                  # `alvh networks {network}` shows its tokens, feeds and contracts
{rpc}
start_block = {start_block}            # a block before the first position: its past is searched from there
# networks = ["mine.toml"]            # tokens and feeds of your own, as docs/networks.md says

[book]
owner = "{owner}"
max_peg_gap = 0.01                    # a stable coin further from its peg is no dollar

[options]
{quotes}
max_age_seconds = 3600                # quotes further from the book's block are refused

[parameters]                          # by governed key (docs/governance.md); what is left out is the first value
targetCvarBps = {target}                   # mean loss in the worst 5 % of weeks that is accepted, bps of the book
costBudgetBps = {budget}                   # expected cost of the hedge in 30 days, at most, bps of the book
"""


def init(
    network: Annotated[str | None, typer.Option("--network", help="Such as base; `alvh networks` lists them.")] = None,
    rpc: Annotated[str | None, typer.Option("--rpc", help="A node's URL. One with a key is not written.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Whose positions.")] = None,
    chain_file: Annotated[Path | None, typer.Option("--chain", help="File of option quotes.")] = None,
    target: Annotated[int | None, typer.Option("--target", help="targetCvarBps, such as 300.")] = None,
    budget: Annotated[int | None, typer.Option("--budget", help="costBudgetBps, such as 150.")] = None,
    start_block: Annotated[int, typer.Option("--start-block", min=0, help="A block before the first position.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace an alvh.toml that is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a commented alvh.toml for your own book on a public network.

    At a terminal it asks for network, node and owner where no option says them, and then for quotes, target and budget
    too, which all have defaults; an answer that cannot be is asked for again. A URL with a login, a path or options may
    hold a key: it is not written, and belongs in the environment's ALVH_RPC_URL. Nothing is asked of the node;
    `alvh doctor` does that.

    Examples: alvh init; alvh init --network base --rpc https://node.example --owner 0xabc... --chain deribit.parquet
    """
    from bridge.errors import UsageError
    from bridge.files import write_whole

    if FILE.exists() and not force:
        raise UsageError(f"{FILE} is there already: --force replaces it, or work in another folder")
    all_given = network is not None and rpc is not None and owner is not None
    chosen = _asked(network, _network, "Network (`alvh networks` lists them)", "ethereum", "--network")
    url = _asked(rpc, _url, "URL of a node", "http://127.0.0.1:8545", "--rpc")
    whose = _asked(owner, _owner, "Address whose positions are yours", None, "--owner")
    more = (chain_file, target, budget) if all_given else _more(chain_file, target, budget)
    content = _content(chosen, url, whose, *more, start_block)
    _require_readable(content)
    write_whole(FILE, content)
    hidden = "" if f'rpc_url = "{url}"' in content else "; its URL may hold a key: set ALVH_RPC_URL"
    if as_json:
        print_json({"file": str(FILE), "network": chosen.name, "rpc_url_written": not hidden})
        return
    say(f"{FILE} written for {chosen.title}{hidden}; next: alvh doctor, alvh exposure")


def _asked(given: str | None, read: Callable[[str], T], words: str, usual: str | None, flag: str) -> T:
    """Return what an option says, or what a person types until it can be read; without a terminal, nobody is asked."""
    import sys

    from bridge.errors import BridgeError, UsageError

    if given is not None:
        return read(given)
    if not sys.stdin.isatty():
        raise UsageError(f"{flag} is missing, and there is no terminal to ask at")
    while True:
        try:
            return read(str(typer.prompt(words, default=usual)).strip())
        except BridgeError as error:
            say(f"{error}", stderr=True)


def _more(
    chain_file: Path | None, target: int | None, budget: int | None
) -> tuple[Path | None, int | None, int | None]:
    """Ask for what has a default, where no option says it: quotes, target and budget."""
    from hedge.policy.parameters import Parameters

    usual = Parameters()
    path = chain_file or _asked(
        None, _quotes, "File of option quotes (`alvh fetch chains` makes one; none: --live)", "none", "--chain"
    )
    if target is None:
        words = "targetCvarBps: mean loss in the worst 5 % of weeks that is accepted, bps of the book"
        target = _asked(None, partial(_value, "targetCvarBps"), words, str(usual.target_cvar_bps), "--target")
    if budget is None:
        words = "costBudgetBps: expected cost of the hedge in 30 days at most, bps of the book"
        budget = _asked(None, partial(_value, "costBudgetBps"), words, str(usual.cost_budget_bps), "--budget")
    return path, target, budget


def _quotes(text: str) -> Path | None:
    from bridge.errors import UsageError

    if "://" in text:
        raise UsageError("--chain: no path of a file")
    return None if text in ("", "none") else Path(text)


def _value(name: str, text: str) -> int:
    """Return a governed value within its bounds."""
    from bridge.errors import UsageError
    from bridge.plans.observed import stated_governed

    if not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS:
        raise UsageError(f"{name}: no whole number")
    stated_governed({name: int(text)})
    return int(text)


def _owner(text: str) -> str:
    from bridge.chain.addresses import checked_address

    return checked_address(text)


def _url(text: str) -> str:
    """Return the URL of a node that can be asked."""
    from bridge.chain.connection import Connection, Unusable
    from bridge.errors import UsageError
    from bridge.foreign import url_place

    if "://" not in url_place(text):
        raise UsageError("--rpc: no URL of a node, such as https://node.example")
    try:
        Connection(text)
    except (ValueError, Unusable):
        raise UsageError("--rpc cannot be used as it is given: nothing was written") from None
    return text


def _network(name: str) -> Network:
    from bridge.errors import UsageError
    from bridge.networks import known_networks

    known = known_networks()
    if name not in known:
        raise UsageError(f"no such network: there are {', '.join(known)}; docs/networks.md says how to add one")
    return known[name]


def _content(
    network: Network, url: str, owner: str, chain_file: Path | None, target: int | None, budget: int | None, start: int
) -> str:
    """Return the file, each value held against what a command would refuse."""
    from bridge.foreign import url_place
    from bridge.plans.observed import stated_governed

    place = url_place(url)
    plain = url.rstrip("/") == place
    given = {"targetCvarBps": target, "costBudgetBps": budget}
    governed = stated_governed({name: value for name, value in given.items() if value is not None}).parameters
    secret = "# rpc_url = ...                        # the URL may hold a key: it is read from ALVH_RPC_URL"
    file = _toml(str(chain_file)) if chain_file and str(chain_file) != "." else ""
    values: dict[str, Any] = {
        "network": network.name,
        "rpc": f'rpc_url = "{place}"' if plain else secret,
        "start_block": start,
        "owner": owner,
        "quotes": f"file = {file}" if file else UNQUOTED,
        "target": governed.target_cvar_bps,
        "budget": governed.cost_budget_bps,
    }
    return TEXT.format(**values)


def _require_readable(content: str) -> None:
    """Check that every command will read the file, before it is written."""
    import tomllib

    from pydantic import ValidationError

    from bridge.chain.connection import Connection, Unusable
    from bridge.config import Config
    from bridge.errors import UsageError

    try:
        made = Config.model_validate(tomllib.loads(content))
        Connection(made.chain.rpc_url)
    except (ValueError, ValidationError, Unusable) as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) if isinstance(error, ValidationError) else "an option"
        raise UsageError(f"{where} cannot be used as it is given: nothing was written") from None


def _toml(text: str) -> str:
    """Return a text as TOML writes it."""
    import json

    return json.dumps(text, ensure_ascii=False)
