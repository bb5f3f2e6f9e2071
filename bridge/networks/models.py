"""What is known of a public network, and the form of the file that says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge.deployment import Address

NATIVE: Final = "0x" + "00" * 20
"""What stands for the chain's own coin in Uniswap v4."""
USD: Final = "USD"
WRITTEN: Final = frozenset({"latestAnswer", "answer"})
"""Functions of feeds, whose answers others write."""
_MOST_DECIMALS: Final = 36
_MOST_SECONDS: Final = 7 * 86_400
_MOST_CHAIN_ID: Final = 2**53  # beyond, JSON readers round it

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Title = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 .()-]{0,39}$")]
Symbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$")]
Pair = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,15}/[A-Za-z0-9][A-Za-z0-9._-]{0,15}$")]
Function = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}(\(uint256\))?$")]
Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Seconds = Annotated[int, Field(strict=True, ge=1, le=_MOST_SECONDS)]
Decimals = Annotated[int, Field(strict=True, ge=0, le=_MOST_DECIMALS)]
ChainId = Annotated[int, Field(strict=True, gt=0, le=_MOST_CHAIN_ID)]
BlockSeconds = Annotated[float, Field(gt=0, le=3600)]
Blocks = Annotated[int, Field(strict=True, ge=0, le=10_000_000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TokenRate(_Part):
    """The on-chain rate of a token: how much of its asset one whole token is.

    Parameters
    ----------
    contract, function
        A view function without arguments, such as ``stEthPerToken``, or one that is asked with 1e18, such as
        ``convertToAssets(uint256)``.
    decimals
        The answer over ten to this power is the rate.
    heartbeat_seconds
        Where the contract is a feed that others write (``latestAnswer``): how old its answer may be. None where the
        contract computes the rate itself.
    """

    contract: Address
    function: Function
    decimals: Decimals
    heartbeat_seconds: Seconds | None = None

    @model_validator(mode="after")
    def _written_by_others_has_an_age(self) -> TokenRate:
        if self.function.partition("(")[0] in WRITTEN and self.heartbeat_seconds is None:
            raise PydanticCustomError("heartbeat", "a rate that others write needs heartbeat_seconds")
        return self


class NetworkToken(_Part):
    """A token and what its price is made of.

    Parameters
    ----------
    asset
        What a holder is exposed to: USD, ETH, BTC, or the token's own symbol.
    kind
        ``wrapped`` is a claim on one of the asset, ``plain`` the asset itself, ``stable`` a coin that promises one of
        the asset and may fall short, ``staked`` more than one, by the rate.
    rate
        How many of the asset one token is; a staked token has one, a plain or stable one has none.
    feed
        The pair that prices what one token is a claim on, which the rate then multiplies; None for SYMBOL/USD, or for
        ASSET/USD where there is a rate.
    """

    symbol: Symbol
    address: Address
    decimals: Decimals
    asset: Symbol
    kind: Literal["wrapped", "plain", "stable", "staked"]
    rate: TokenRate | None = None
    feed: Pair | None = None

    @model_validator(mode="after")
    def _rate_of_its_kind(self) -> NetworkToken:
        if self.kind == "staked" and self.rate is None:
            raise PydanticCustomError("rate", "a staked token needs a rate")
        if self.kind in ("plain", "stable") and self.rate is not None:
            raise PydanticCustomError("rate", "a plain or stable token has no rate")
        return self


class NetworkFeed(_Part):
    """A Chainlink-style feed: base over quote, and the longest time between two of its answers."""

    pair: Pair
    address: Address
    heartbeat_seconds: Seconds


class NetworkUniswap(_Part):
    """Uniswap's contracts; None for one that is not there, or that nobody confirms."""

    v2_factory: Address | None = None
    v3_factory: Address | None = None
    v3_positions: Address | None = None
    v4_pool_manager: Address | None = None
    v4_positions: Address | None = None
    v4_state_view: Address | None = None


class NetworkFile(_Part):
    """The form of a file: a whole network, or what it adds to one that is known.

    Parameters
    ----------
    name, chain_id
        Which network; both, so that neither is mistaken for another's.
    """

    name: Name
    chain_id: ChainId
    title: Title | None = None
    coin: Symbol | None = None
    block_seconds: BlockSeconds | None = None
    finality_blocks: Blocks | None = None
    number_is_own: Annotated[bool, Field(strict=True)] | None = None
    wrapped: Address | None = None
    multicall: Address | None = None
    sequencer_feed: Address | None = None
    tokens: tuple[NetworkToken, ...] = ()
    feeds: tuple[NetworkFeed, ...] = ()
    uniswap: NetworkUniswap = NetworkUniswap()
    stakers: dict[Address, Kind] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _no_entry_twice(self) -> NetworkFile:
        require_once("address", (token.address for token in self.tokens))
        require_once("symbol", (token.symbol.upper() for token in self.tokens))
        require_once("pair", (feed.pair.upper() for feed in self.feeds))
        return self


class Network(_Part):
    """A public network.

    Parameters
    ----------
    coin
        Symbol of the chain's own coin, in which fees are paid.
    block_seconds
        Seconds from one block to the next, on average.
    finality_blocks
        How many blocks behind the head a block counts as final.
    number_is_own
        Whether Solidity's ``block.number`` is the number that nodes give the block; false where it is another chain's.
    wrapped
        The coin as a token; one of `tokens`.
    feeds
        By pair, such as ETH/USD.
    sequencer_feed
        The uptime feed of a rollup's sequencer: 0 while it is up.
    stakers
        Contracts that hold Uniswap v3 positions for others: kind by address.
    """

    name: Name
    title: Title
    chain_id: ChainId
    coin: Symbol
    block_seconds: BlockSeconds
    finality_blocks: Blocks
    number_is_own: bool
    wrapped: Address
    tokens: tuple[NetworkToken, ...]
    uniswap: NetworkUniswap = NetworkUniswap()
    feeds: dict[str, NetworkFeed] = Field(default_factory=dict)
    sequencer_feed: Address | None = None
    multicall: Address | None = None
    stakers: dict[Address, Kind] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_together(self) -> Network:
        require_once("symbol", (token.symbol.upper() for token in self.tokens))
        require_once("pair", (pair.upper() for pair in self.feeds))
        if self._wrapped_token() is None:
            raise PydanticCustomError("wrapped", "the address under wrapped must be a token of kind wrapped")
        for token in self.tokens:
            if token.feed is not None and token.feed not in self.feeds:
                raise PydanticCustomError("feed", "a token names a feed that is not among the feeds")
        return self

    def _wrapped_token(self) -> NetworkToken | None:
        return next((each for each in self.tokens if each.address == self.wrapped and each.kind == "wrapped"), None)

    def assets(self) -> dict[str, str]:
        """Return the asset symbol of each token by address; the zero address is the chain's own coin, as in Uniswap
        v4."""
        wrapped = self._wrapped_token()
        own = {NATIVE: wrapped.asset} if wrapped else {}
        return own | {token.address: token.asset for token in self.tokens}

    def feed_of(self, token: NetworkToken) -> NetworkFeed | None:
        """Return the feed whose answer, times the token's rate where it has one, is the token's price.

        It is the one that the token names, else SYMBOL/USD for a token without a rate, else ASSET/USD; None where there
        is none. Its quote may be another asset, as of WBTC/BTC.
        """
        named = token.feed or f"{token.symbol}/{USD}"
        found = self.feeds.get(named) if token.feed or token.rate is None else None
        if found is None and token.asset != USD:
            return self.feeds.get(f"{token.asset}/{USD}")
        return found


def require_once(what: str, values: Iterable[str]) -> None:
    """Refuse a list in which something stands twice; raises what pydantic turns into a refusal of the file."""
    twice = next((value for value, count in Counter(values).items() if count > 1), None)
    if twice is not None:  # of a form that was checked, and no secret
        raise PydanticCustomError("twice", "two entries have the same {what}, {which}", {"what": what, "which": twice})
