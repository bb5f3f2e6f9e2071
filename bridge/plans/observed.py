"""A book on a public network without any contract of ours: prices of feeds, volatilities of quotes, values stated.

network -> feeds -> prices -> quotes -> volatilities -> market
[parameters] of alvh.toml, or the first values of a deployment -> governed
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.config import Config
from bridge.errors import BadConfig, UntrustedNumber, UsageError
from bridge.genesis import GovernanceTerms
from bridge.plans.market import trusted_market
from bridge.plans.network_book import MADE_UP, ChainSeen, see_network_book
from bridge.plans.observe import Governed, Observation, trusted
from bridge.snapshot import Snapshot
from hedge.book.positions import Book
from hedge.instruments.option_chain import OptionChain
from hedge.policy.parameters import KEY_IDS, KEYS, LastChange, Parameters, broken_rules

NO_HASH = "0x" + "00" * 32


def observe_network(
    snapshot: Snapshot, config: Config, owner: str
) -> tuple[Observation, dict[str, OptionChain], tuple[ChainSeen, ...]]:
    """Return the observation that a plan of an owner's book is made from, the quotes, and each of several chains.

    Raises
    ------
    UsageError
        No source of quotes is named.
    UntrustedNumber, BadConfig, Reorganised
        As `see_network_book` and `stated_governed` raise them, or something that is no dust is not in the book.
    """
    if config.options.source_name == MADE_UP:
        raise UsageError(
            "a plan on a public network needs quotes of a market: give --chain or --live, or set options.file"
        )
    governed = stated_governed(config.parameters)
    found = see_network_book(snapshot, config, owner)
    market, held = trusted_market(found.seen, snapshot), trusted(found.held)
    book = Book(held.positions)
    if unknown := [asset for asset in book.assets if asset not in market.vols]:
        raise UntrustedNumber(
            f"the quotes say no volatility of {', '.join(unknown)}: give --chain a file that has them"
        )
    seen = Observation(snapshot.block, owner, held.raw, held.unread, book, market, governed, held.dust)
    seen.__dict__["exposure"] = found.exposure  # what its cached property would compute once more
    return seen, found.quotes, found.chains


def stated_governed(stated: Mapping[str, int] | None = None) -> Governed:
    """Return the first values and limits of a deployment, some of them replaced, none of them ever updated.

    Raises
    ------
    BadConfig
        A name is no key's, a value is out of its bounds, or the values break a rule across keys.
    """
    for name, value in (stated or {}).items():
        if name not in KEY_IDS:
            raise BadConfig(f"parameters.{name}: no governed key; there are {', '.join(KEY_IDS)}")
        key = KEYS[KEY_IDS[name]]
        if not key.least <= value <= key.most:
            raise BadConfig(f"parameters.{name} = {value}: must be {key.least} to {key.most} ({key.unit})")
    values = Parameters().replaced({KEY_IDS[name]: value for name, value in (stated or {}).items()})
    if broken := broken_rules(values):
        raise BadConfig(f"parameters: {'; '.join(map(str, broken))}")
    limits = dict(enumerate(GovernanceTerms().limits))
    last = {key: LastChange(0, limit.min, limit.max, 0) for key, limit in limits.items()}
    return Governed(values, limits, last, 0, paused=False, steward_suspended=False, inputs_hash=NO_HASH)
