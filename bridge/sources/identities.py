"""Is each address of the deployment of the asset that it is named for? Asked of the chain, before a price is believed.

    token's own symbol ---- asset        native coin ---- its wrapped token
    price pool ------------ one token of the asset, one of USD
    measurement ----------- the price pool that it reads
    breaker --------------- feed and measurement that it compares

A file in which two assets took each other's place is otherwise consistent, and a plan of it is confident and wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bridge.errors import ChainError, MissingBlock, NodeUnreachable, UnknownAddress, UntrustedNumber
from bridge.snapshot import Call, Snapshot
from hedge.market import USD

NATIVE: Final = "0x" + "00" * 20
MANAGER: Final = "NonfungiblePositionManager"
DOLLARS: Final = frozenset({"USD", "USDC", "USDT", "USDT0", "USDC.E", "USDBC", "USDS", "DAI"})
"""Symbols of tokens that are a dollar and nothing else."""
MOST_SYMBOL: Final = 1_000
"""Bytes that a token may answer with for its symbol."""


def require_identities(snapshot: Snapshot) -> None:
    """Check that no token, price pool or measurement of the deployment is that of another asset.

    Raises
    ------
    UntrustedNumber
        One is: its place in the deployment file, and what the chain says of it.
    """
    with snapshot.ahead(list(_questions(snapshot))):
        _require_tokens(snapshot)
        _require_pools(snapshot)


def require_breaker(snapshot: Snapshot, asset: str) -> None:
    """Check that the breaker of an asset compares the asset's own feed and measurement.

    Raises
    ------
    UntrustedNumber
        It compares those of another asset, or none that the deployment names.
    """
    at, deployment = snapshot.deployment.breakers[asset], snapshot.deployment
    for function, kind, places in (
        ("ORACLE", "feed", deployment.feeds),
        ("REALIZED", "measurement", deployment.realized),
    ):
        found = str(snapshot.read("VolatilityBreaker", function, at=at))
        if asset in places and found.lower() != places[asset].lower():
            others = [other for other, place in places.items() if place.lower() == found.lower()]
            whose = f"that of {others[0]}" if others else f"{found}, which the deployment does not name"
            raise _wrong(f"breakers.{asset}", at, f"compares another {kind}, {whose}")


def _questions(snapshot: Snapshot) -> Iterator[Call]:
    """Return what is asked, to be asked together."""
    deployment = snapshot.deployment
    for token in deployment.assets:
        if token != NATIVE:
            yield snapshot.call("IERC20Metadata", "symbol", at=token)
    for pool in deployment.price_pools.values():
        yield from (snapshot.call("UniswapV3Pool", f"token{side}", at=pool) for side in (0, 1))
    for asset, at in deployment.realized.items():
        if asset in deployment.price_pools:
            yield snapshot.call("RealizedVolatility", "pool", at=at)
    if MANAGER in deployment.contracts and NATIVE in deployment.assets:
        yield snapshot.call(MANAGER, "WETH9")


def _require_tokens(snapshot: Snapshot) -> None:
    """Check tokens by their own symbols, and the native coin by its wrapped token."""
    assets = snapshot.deployment.assets
    known = {USD, *assets.values()}
    for token, asset in assets.items():
        symbol = "" if token == NATIVE else str(_said(snapshot, "IERC20Metadata", "symbol", token) or "")
        named = _named(symbol, known)
        if named and asset not in named:
            raise _wrong(f"assets.{token}", asset, f"is another asset: the token calls itself {symbol[:40]!r}")
    wrapped = str(_said(snapshot, MANAGER, "WETH9")) if MANAGER in snapshot.deployment.contracts else ""
    if NATIVE in assets and assets.get(wrapped, assets[NATIVE]) != assets[NATIVE]:
        raise _wrong(f"assets.{NATIVE}", assets[NATIVE], f"is not the asset of its wrapped token, {assets[wrapped]}")


def _named(symbol: str, known: set[str]) -> set[str]:
    """Return the known assets that a symbol names: its own name, with the W of what is wrapped, or a dollar.

    >>> _named("WETH", {"ETH", "BTC", "USD"}), _named("USDC", {"ETH", "USD"}), _named("LINK", {"ETH", "USD"})
    ({'ETH'}, {'USD'}, set())
    """
    said = symbol.strip().upper()
    return {each for each in known if said in (each.upper(), f"W{each.upper()}") or (each == USD and said in DOLLARS)}


def _require_pools(snapshot: Snapshot) -> None:
    """Check that a price pool prices its asset in USD, and that the asset's measurement reads it."""
    assets = {token.lower(): asset for token, asset in snapshot.deployment.assets.items()}
    for asset, pool in snapshot.deployment.price_pools.items():
        tokens = [str(snapshot.read("UniswapV3Pool", f"token{side}", at=pool)) for side in (0, 1)]
        found = [assets.get(token.lower(), token) for token in tokens]
        if sorted(found) != sorted((asset, USD)):
            raise _wrong(f"price_pools.{asset}", pool, f"is no pool of {asset} and USD, but of {' and '.join(found)}")
        measured = snapshot.deployment.realized.get(asset)
        reads = _said(snapshot, "RealizedVolatility", "pool", measured) if measured else None
        if reads is not None and reads.lower() != pool.lower():
            others = [other for other, at in snapshot.deployment.price_pools.items() if at.lower() == reads.lower()]
            whose = f"that of {others[0]}" if others else reads
            words = f"reads another pool than price_pools.{asset}, {whose}"
            raise _wrong(f"realized.{asset}", measured or "", words)


def _said(snapshot: Snapshot, contract: str, function: str, at: str | None = None) -> Any:
    """Return what a contract answers, None where it does not: nothing is concluded from that."""
    try:
        return snapshot.read(contract, function, at=at, most_bytes=MOST_SYMBOL)
    except (NodeUnreachable, MissingBlock):
        raise
    except (ChainError, UnknownAddress):
        return None


def _wrong(place: str, value: str, words: str) -> UntrustedNumber:
    return UntrustedNumber(f"{place} of the deployment, {value}, {words}: mend it")
