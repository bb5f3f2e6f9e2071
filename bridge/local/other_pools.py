"""Pools of Uniswap v2 and v4 beside those of v3: opened, provided with liquidity, and moved to given prices."""

from __future__ import annotations

import math
from dataclasses import dataclass

from eth_abi import encode
from eth_utils import keccak

from bridge.adapters.tokens import NATIVE
from bridge.adapters.uniswap_v4 import pool_slot, sqrt_price_of
from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.local.accounts import account
from bridge.local.local_chain import Function, LocalChain
from bridge.units import sqrt_x96_from_price, units_from_amount
from hedge.amm.ticks import MAX_TICK, liquidity_for_amounts, sqrt_price_at_tick, tick_at_sqrt_price

FOREVER = 2**40
MAX_UINT256, MAX_UINT160, MAX_UINT128 = 2**256 - 1, 2**160 - 1, 2**128 - 1
FEE, SPACING = 3_000, 60
DECIMALS = {"USD": 6, "ETH": 18, "BTC": 8}
V2_FEE = (997, 1_000)
MINT_POSITION, SETTLE_PAIR, SWEEP = 0x02, 0x0D, 0x14  # Uniswap's Actions
RESERVES, SLOT = Function("getReserves"), Function("extsload", ("bytes32",))
SWAP_V2 = Function("swapExactTokensForTokens", ("uint256", "uint256", "address[]", "address", "uint256"))
KEY = "(address,address,uint24,int24,address)"
SWAP_V4 = Function("swap", (KEY, "(bool,int256,uint160)", "(bool,bool)", "bytes"))
MINT_TYPES = (KEY, "int24", "int24", "uint256", "uint128", "uint128", "address", "bytes")


@dataclass(frozen=True)
class PairV2:
    """The v2 pair of two assets, whose `first` is token0."""

    chain: LocalChain
    contracts: dict[str, str]
    tokens: dict[str, str]
    first: str
    second: str
    address: str

    def mint(self, who: Signer, usd: float, prices: dict[str, float]) -> None:
        """Deposit both sides of a budget, at the given prices."""
        units = [units_from_amount(usd / 2 / prices[asset], DECIMALS[asset]) for asset in (self.first, self.second)]
        router = self.contracts["UniswapV2Router02"]
        for asset in (self.first, self.second):
            self.chain.send(who, "IERC20Metadata", self.tokens[asset], "approve", router, MAX_UINT256)
        named = (self.tokens[self.first], self.tokens[self.second])
        self.chain.send(who, "UniswapV2Router02", router, "addLiquidity", *named, *units, 0, 0, who.address, FOREVER)

    def move_to(self, prices: dict[str, float]) -> None:
        """Swap until the reserves are at the given prices, to the accuracy that a fee leaves."""
        reserves = self.chain.look(self.address, RESERVES)[:2]
        price = prices[self.first] / prices[self.second]
        root = sqrt_x96_from_price(price, DECIMALS[self.first], DECIMALS[self.second])
        product = reserves[0] * reserves[1]
        wanted = (math.isqrt((product << 192) // root**2), math.isqrt(product * root**2 >> 192))
        sold = 0 if wanted[0] > reserves[0] else 1
        amount = (wanted[sold] - reserves[sold]) * V2_FEE[1] // V2_FEE[0]
        if amount <= 0:
            return
        path = [self.tokens[self.first], self.tokens[self.second]]
        trader, router = account("trader"), self.contracts["UniswapV2Router02"]
        swap = (amount, 0, path if sold == 0 else path[::-1], trader.address, FOREVER)
        self.chain.tell(trader, router, SWAP_V2, *swap)


def open_pair(chain: Chain, contracts: dict[str, str], tokens: dict[str, str], asset: str, other: str) -> PairV2:
    """Create the v2 pair of two assets; the first deposit sets its price."""
    deployer, factory = account("deployer"), contracts["UniswapV2Factory"]
    first, second = sorted((asset, other), key=lambda asset: int(tokens[asset], 16))
    chain.send(deployer, "UniswapV2Factory", factory, "createPair", tokens[first], tokens[second])
    found = chain.read("UniswapV2Factory", factory, "getPair", tokens[first], tokens[second], block=chain.head())
    for asset in (first, second):
        router = contracts["UniswapV2Router02"]
        chain.send(account("trader"), "IERC20Metadata", tokens[asset], "approve", router, MAX_UINT256)
    return PairV2(LocalChain(chain), contracts, tokens, first, second, found)


@dataclass(frozen=True)
class PoolV4:
    """The v4 pool of the chain's own coin and USD."""

    chain: LocalChain
    contracts: dict[str, str]
    usd: str
    hook: str

    @property
    def key(self) -> tuple[str, str, int, int, str]:
        """The pool's key, as v4 takes it."""
        return NATIVE, self.usd, FEE, SPACING, self.hook

    def mint(self, who: Signer, bounds: tuple[float, float], usd: float, price: float) -> int:
        """Mint a position between two multiples of the price and return its token id; 0 and infinity are the ends."""
        ticks = [_tick(bound * price) for bound in bounds]
        budget = (units_from_amount(usd / 2 / price, DECIMALS["ETH"]), units_from_amount(usd / 2, DECIMALS["USD"]))
        lower, upper = (sqrt_price_at_tick(tick) for tick in ticks)
        liquidity = liquidity_for_amounts(self.root(), lower, upper, *budget)
        self._allow(who)
        most = [amount + 1 for amount in budget]  # a deposit rounds up
        manager = self.contracts["PositionManager"]
        token_id = int(self.chain.read("PositionManager", manager, "nextTokenId", block=self.chain.head()))
        inputs = [
            encode(MINT_TYPES, (self.key, *ticks, liquidity, *most, who.address, b"")),
            encode(("address", "address"), (NATIVE, self.usd)),
            encode(("address", "address"), (NATIVE, who.address)),
        ]
        data = encode(("bytes", "bytes[]"), (bytes((MINT_POSITION, SETTLE_PAIR, SWEEP)), inputs))
        self.chain.send(who, "PositionManager", manager, "modifyLiquidities", data, FOREVER, value=most[0])
        return token_id

    def _allow(self, who: Signer) -> None:
        permit2, manager = self.contracts["Permit2"], self.contracts["PositionManager"]
        self.chain.send(who, "IERC20Metadata", self.usd, "approve", permit2, MAX_UINT256)
        allowance = (self.usd, manager, MAX_UINT160, FOREVER)
        self.chain.send(who, "IAllowanceTransfer", permit2, "approve", *allowance)

    def move_to(self, price: float, most_eth: int) -> None:
        """Swap until the pool is at a price of ETH in USD, paying at most so much ETH in wei."""
        target, now = _root(price), self.root()
        if target == now:
            return
        down = target < now
        router = self.contracts["PoolSwapTest"]
        # A negative amount is what is sold; the price limit ends the swap before.
        swap = (down, -(most_eth if down else MAX_UINT128), target)
        value = most_eth if down else 0
        taken_as_tokens = (False, False)
        trader = account("trader")
        self.chain.tell(trader, router, SWAP_V4, self.key, swap, taken_as_tokens, b"", value=value)

    def root(self) -> int:
        """Return the square-root price now."""
        pools, slot = self.contracts["PoolManager"], pool_slot(keccak(encode((KEY,), (self.key,))))
        return sqrt_price_of(self.chain.look(pools, SLOT, slot)[0].to_bytes(32))


def open_pool(chain: Chain, contracts: dict[str, str], usd: str, price: float, hook: str = NATIVE) -> PoolV4:
    """Initialise a v4 pool of ETH and USD at a price."""
    pool = PoolV4(LocalChain(chain), contracts, usd, hook)
    chain.send(account("deployer"), "PoolManager", contracts["PoolManager"], "initialize", pool.key, _root(price))
    chain.send(account("trader"), "IERC20Metadata", usd, "approve", contracts["PoolSwapTest"], MAX_UINT256)
    return pool


def _root(price: float) -> int:
    return sqrt_x96_from_price(price, DECIMALS["ETH"], DECIMALS["USD"])


def _tick(price: float) -> int:
    """Return the usable tick at or below a price; the outermost ones for 0 and infinity."""
    edge = MAX_TICK // SPACING * SPACING
    if price in (0.0, math.inf):
        return edge if price else -edge
    return tick_at_sqrt_price(_root(price)) // SPACING * SPACING
