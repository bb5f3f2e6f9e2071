"""The 30-day volatility index that quotes give, by either method; `oracle.index` says which one the feed takes.

`cboe` sums over the strikes that are listed, `dense` integrates the smile fitted to them. They differ by two to four
points on Deribit's chains, so every report says in its source by which method its number was found, and all reporters
of a feed take the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from bridge.config import IndexMethod, SignalsConfig
from bridge.errors import BridgeError
from bridge.sources.signal_sources import read_histories
from hedge.errors import HedgeError
from hedge.instruments.option_chain import OptionChain
from hedge.market import Provenance
from hedge.volatility.dense_index import dense_index_from_chain
from hedge.volatility.index import index_from_chain

WORDS: Final[Mapping[IndexMethod, str]] = {
    "cboe": "Cboe's sum over listed strikes",
    "dense": "dense integral over fitted smiles",
}
_INDEX: Final[Mapping[IndexMethod, Callable[[OptionChain], float]]] = {
    "cboe": lambda chain: index_from_chain(chain.quotes).vol,
    "dense": lambda chain: dense_index_from_chain(chain.quotes).vol,
}


@dataclass(frozen=True)
class QuotedIndex:
    """What a chain gives by each method, annual decimals.

    taken is the method of the feed. other is None where too little is quoted for the method that the feed does not
    take, and lacking says why in words.
    """

    taken: IndexMethod
    volatility: float
    other: float | None
    lacking: str

    def by(self, method: IndexMethod) -> float | None:
        """Return the index by one method."""
        return self.volatility if method == self.taken else self.other


def quoted_volatility(chain: OptionChain, method: IndexMethod) -> float:
    """Return the index that the feed takes, an annual decimal.

    Raises
    ------
    HedgeError
        Too little is quoted around 30 days, or a quote is none.
    """
    return _INDEX[method](chain)


def quoted_index(chain: OptionChain, method: IndexMethod) -> QuotedIndex:
    """Return the index that the feed takes beside the other one; errors as `quoted_volatility` of the first."""
    volatility = quoted_volatility(chain, method)
    second: IndexMethod = "cboe" if method == "dense" else "dense"
    try:
        return QuotedIndex(method, volatility, quoted_volatility(chain, second), "")
    except HedgeError as error:
        return QuotedIndex(method, volatility, None, f"{second}: {error}")


def index_source(chain: OptionChain, method: IndexMethod) -> str:
    """Return where a report's number is from, in words: the quotes, and the method."""
    return f"{chain.source}; {WORDS[method]}"


class Close(NamedTuple):
    """The newest row of a published index: annual decimal, and the unix second at which it was known."""

    volatility: float
    known_at: int


@dataclass(frozen=True)
class Published:
    """The newest close of each asset's published index, and why there is none where its source cannot be used."""

    closes: Mapping[str, Close]
    lacking: str = ""


def read_published(terms: SignalsConfig, assets: Collection[str], at: int) -> Published:
    """Return the last close that was known of each asset's index in the histories; simulated ones are no index.

    A source that cannot be used stops nothing: the quotes need no history.
    """
    try:
        known = read_histories(terms, max(int(time.time()), at)).known(at)
    except BridgeError as error:
        return Published({}, str(error))
    if known.provenance is Provenance.SIMULATED:
        return Published({})
    series = {asset: known.column(f"index_{asset}", "close").dropna() for asset in assets}
    return Published({name: Close(float(s.iloc[-1]), int(s.index[-1])) for name, s in series.items() if len(s)})
