"""Tokens, three Uniswap v3 pools and one each of v2 and v4, the LP's positions, and swaps that move them to prices."""

from __future__ import annotations

from dataclasses import dataclass

from web3.logs import DISCARD

from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.local.accounts import account
from bridge.local.local_chain import Function, LocalChain
from bridge.local.other_pools import PairV2, PoolV4, open_pair, open_pool
from bridge.units import sqrt_x96_from_price, units_from_amount
from hedge.amm.ticks import tick_at_sqrt_price

FOREVER = 2**40
MAX_UINT128 = 2**128 - 1
MAX_UINT256 = 2**256 - 1
MAX_TICK = 887_272
TICK_SPACING = {500: 10, 3000: 60}
OBSERVATION_SLOTS = 64
MINTS_PER_BLOCK = 50  # at half a million gas each
DECIMALS = {"USD": 6, "ETH": 18, "BTC": 8}


@dataclass(frozen=True)
class Pool:
    """A local pool: base and quote asset, fee in hundredths of a basis point, address, and whether base is token0."""

    base: str
    quote: str
    fee: int
    address: str
    base_is_token0: bool

    @property
    def name(self) -> str:
        """The pair and fee as people write it."""
        return f"{self.base}/{self.quote} {self.fee / 10_000:g}%"


@dataclass(frozen=True)
class Range:
    """A position to mint: pool index, lower and upper price as a multiple of the price at minting, USD to spend."""

    pool: int
    lower: float
    upper: float
    usd: float


# The treasury's book: a wide and a narrow ETH range, a sell range above the price (out of range from the start), BTC
# wide and full range, and a pair without a stable coin.
TREASURY = (
    Range(0, 0.70, 1.40, 1_000_000),
    Range(0, 0.92, 1.08, 250_000),
    Range(0, 1.25, 1.60, 200_000),
    Range(1, 0.75, 1.35, 750_000),
    Range(1, 0.0, float("inf"), 300_000),
    Range(2, 0.80, 1.25, 500_000),
)
DEPTH = tuple(Range(pool, 0.0, float("inf"), 60_000_000) for pool in range(3))
# Who provides liquidity in v2 and v4: USD in the pair, range as multiples of the price and USD in the v4 pool.
OTHERS = (("market-maker", 20_000_000, (0.0, float("inf")), 20_000_000), ("lp", 150_000, (0.80, 1.25), 200_000))
MOST_ETH = 50_000 * 10**18  # of one swap, far more than a path needs
PAIRS = (("ETH", "USD", 3000), ("BTC", "USD", 3000), ("ETH", "BTC", 3000))
SLOT0 = Function("slot0")
SWAP = Function("exactInputSingle", ("(address,address,uint24,address,uint256,uint256,uint256,uint160)",))
# Traders who come and go push each pool this far (a share of its price) beyond every new price and back: they pay the
# fees.
NOISE = 0.02


class Market:
    """The pools of a local chain, with the accounts that trade in them."""

    def __init__(self, chain: Chain, contracts: dict[str, str], tokens: dict[str, str]) -> None:
        self.chain, self.contracts, self.tokens = LocalChain(chain), contracts, tokens
        self.pools: list[Pool] = []
        self.pair: PairV2 | None = None
        self.pool_v4: PoolV4 | None = None

    def create_pools(self, prices: dict[str, float]) -> None:
        """Create and initialise the pools at the given USD prices, with room for price observations."""
        deployer = account("deployer")
        for base, quote, fee in PAIRS:
            flipped = int(self.tokens[base], 16) > int(self.tokens[quote], 16)
            first, second = (quote, base) if flipped else (base, quote)
            start = self._sqrt_price(prices[first] / prices[second], first, second)
            manager = self.contracts["NonfungiblePositionManager"]
            self.chain.send(
                deployer,
                "NonfungiblePositionManager",
                manager,
                "createAndInitializePoolIfNecessary",
                self.tokens[first],
                self.tokens[second],
                fee,
                start,
            )
            factory, block = self.contracts["UniswapV3Factory"], self.chain.head()
            found = self.chain.read(
                "UniswapV3Factory", factory, "getPool", self.tokens[first], self.tokens[second], fee, block=block
            )
            self.chain.send(deployer, "UniswapV3Pool", found, "increaseObservationCardinalityNext", OBSERVATION_SLOTS)
            self.pools.append(Pool(base, quote, fee, found, not flipped))

    def open_other_pools(self, prices: dict[str, float]) -> None:
        """Open the v2 pair and the v4 pool of ETH and USD, and let market maker and LP provide liquidity."""
        self.pair = open_pair(self.chain, self.contracts, self.tokens, "ETH", "USD")
        self.pool_v4 = open_pool(self.chain, self.contracts, self.tokens["USD"], prices["ETH"])
        for role, share, bounds, usd in OTHERS:
            self.pair.mint(account(role), share, prices)
            self.pool_v4.mint(account(role), bounds, usd, prices["ETH"])

    @staticmethod
    def _sqrt_price(price: float, first: str, second: str) -> int:
        return sqrt_x96_from_price(price, DECIMALS[first], DECIMALS[second])

    def fund(self, who: Signer, amounts: dict[str, float]) -> None:
        """Give an account tokens and let the position manager and the router spend them."""
        for asset, amount in amounts.items():
            token, units = self.tokens[asset], units_from_amount(amount, DECIMALS[asset])
            if asset == "ETH":
                held = int(self.chain.request("eth_getBalance", who.address, "latest"), 16)
                self.chain.request("anvil_setBalance", who.address, hex(held + units))
                self.chain.send(who, "WETH9", token, "deposit", value=units)
            else:
                self.chain.send(account("deployer"), "TestToken", token, "mint", who.address, units)
            for spender in ("NonfungiblePositionManager", "SwapRouter"):
                self.chain.send(who, "IERC20Metadata", token, "approve", self.contracts[spender], MAX_UINT256)

    def mint(self, who: Signer, wanted: Range, prices: dict[str, float]) -> int:
        """Mint a position worth about `wanted.usd` and return its token id."""
        return self.mint_many(who, [wanted], prices)[0]

    def mint_many(self, who: Signer, wanted: list[Range], prices: dict[str, float]) -> list[int]:
        """Mint positions in as few transactions as fit a block, and return their token ids."""
        manager = self.chain.contract("NonfungiblePositionManager", self.contracts["NonfungiblePositionManager"])
        calls = [manager.encode_abi("mint", args=[self._minting(who, ends, prices)]) for ends in wanted]
        minted = []
        for start in range(0, len(calls), MINTS_PER_BLOCK):
            part = calls[start : start + MINTS_PER_BLOCK]
            receipt = self.chain.send(who, "NonfungiblePositionManager", manager.address, "multicall", part)
            minted += manager.events.IncreaseLiquidity().process_receipt(receipt, errors=DISCARD)
        return [int(entry["args"]["tokenId"]) for entry in minted]

    def _minting(self, who: Signer, wanted: Range, prices: dict[str, float]) -> tuple[object, ...]:
        """Return the manager's parameters for a position."""
        pool = self.pools[wanted.pool]
        price = prices[pool.base] / prices[pool.quote]
        ticks = self._ticks(pool, wanted.lower * price, wanted.upper * price)
        first, second = (pool.base, pool.quote) if pool.base_is_token0 else (pool.quote, pool.base)
        # Both sides may take the whole budget; the manager spends what the range needs and the rest stays.
        limits = [units_from_amount(wanted.usd / 2 / prices[asset], DECIMALS[asset]) for asset in (first, second)]
        if wanted.lower > 1 or wanted.upper < 1:
            limits = [2 * limit for limit in limits]
        return (self.tokens[first], self.tokens[second], pool.fee, *ticks, *limits, 0, 0, who.address, FOREVER)

    def _ticks(self, pool: Pool, lower: float, upper: float) -> tuple[int, int]:
        """Return the usable ticks that enclose a price range, rounded down to the pool's spacing."""
        spacing = TICK_SPACING[pool.fee]
        edge = MAX_TICK // spacing * spacing
        if lower == 0:
            return -edge, edge
        if not pool.base_is_token0:
            lower, upper = 1 / upper, 1 / lower
        first, second = (pool.base, pool.quote) if pool.base_is_token0 else (pool.quote, pool.base)
        ticks = [tick_at_sqrt_price(self._sqrt_price(price, first, second)) for price in (lower, upper)]
        return ticks[0] // spacing * spacing, ticks[1] // spacing * spacing

    def move_to(self, prices: dict[str, float], noise: float = NOISE) -> None:
        """Swap in every pool, by way of `noise` beyond it, until it is at the given USD prices."""
        for pool in self.pools:
            first, second = (pool.base, pool.quote) if pool.base_is_token0 else (pool.quote, pool.base)
            price = prices[first] / prices[second]
            for goal in (price * (1 + noise), price):
                self._swap_to(pool, first, second, self._sqrt_price(goal, first, second))
        for beyond in (1 + noise, 1.0):
            moved = prices | {"ETH": prices["ETH"] * beyond}
            if self.pair is not None:
                self.pair.move_to(moved)
            if self.pool_v4 is not None:
                self.pool_v4.move_to(moved["ETH"], MOST_ETH)

    def _swap_to(self, pool: Pool, first: str, second: str, target: int) -> None:
        """Swap through the router until the pool's square-root price is the target, as an arbitrageur would."""
        trader = account("trader")
        now = self.chain.look(pool.address, SLOT0)[0]
        if now == target:
            return
        sold, bought = (first, second) if target < now else (second, first)
        swap = (self.tokens[sold], self.tokens[bought], pool.fee, trader.address, FOREVER, MAX_UINT128, 0, target)
        self.chain.tell(trader, self.contracts["SwapRouter"], SWAP, swap)
