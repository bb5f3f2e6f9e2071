"""What is sent with one request a transaction leads to the same chain, and what it refuses it says."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pytest
from eth_account import Account
from eth_utils import keccak

from bridge.chain.node import Chain
from bridge.chain.rpc import Rpc
from bridge.chain.signers import Signer
from bridge.errors import ChainError, ContractReverted, RefusedAction
from bridge.genesis import GovernanceTerms
from bridge.local.accounts import account
from bridge.local.anvil import anvil
from bridge.local.local_chain import Function, LocalChain
from bridge.local.price_path import PricePath
from bridge.local.world import World, build_world
from bridge.units import sqrt_x96_from_price
from tests.bridge.plain_market import plain_way

TRANSFER = Function("transfer", ("address", "uint256"))
BALANCE = Function("balanceOf", ("address",))
SWAP_EVENTS = {
    "0x" + keccak(text=signature).hex()
    for signature in (
        "Swap(address,address,int256,int256,uint160,uint128,int24)",
        "Swap(address,uint256,uint256,uint256,uint256,address)",
        "Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24)",
    )
}
# Down through the narrow range, up into the one that waits above, where it was, and no move at all.
PATH = PricePath(
    np.array([0, 28_800, 57_600, 60_000, 90_000]),
    {"ETH": np.array([3000.0, 2300.0, 3900.0, 3000.0, 3000.0]), "BTC": np.array([90e3, 80e3, 99e3, 99e3, 99e3])},
    "a short path",
)


class Left(NamedTuple):
    """What a run leaves: every account with its storage, all events, all blocks, all transactions."""

    accounts: dict[str, Any]
    events: list[tuple[Any, ...]]
    blocks: list[tuple[Any, ...]]
    transactions: list[tuple[Any, ...]]


def left_by(chain: Chain) -> Left:
    state = json.loads(gzip.decompress(bytes.fromhex(chain.request("anvil_dumpState")[2:])))
    numbers = range(chain.head().number + 1)
    blocks = [chain.request("eth_getBlockByNumber", hex(number), True) for number in numbers]
    events = chain.request("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    sent = [(block["number"], transaction) for block in blocks for transaction in block["transactions"]]
    return Left(
        state["accounts"],
        [tuple(event[name] for name in ("blockNumber", "logIndex", "address", "topics", "data")) for event in events],
        [
            (block["timestamp"], block["gasUsed"], block["baseFeePerGas"], len(block["transactions"]))
            for block in blocks
        ],
        [(number, *(made.get(name) for name in ("from", "to", "nonce", "value", "input"))) for number, made in sent],
    )


def test_world__built_and_moved_either_way__is_the_same_to_the_last_unit() -> None:
    with plain_way(), anvil() as chain:
        plain_world = build_world(chain, PATH, GovernanceTerms(), lambda text, share: None)
        plain = left_by(chain)
    with anvil() as chain:
        world = build_world(chain, PATH, GovernanceTerms(), lambda text, share: None)
        quick = left_by(chain)
        assert_is_at(world, {"USD": 1.0, "ETH": 3000.0, "BTC": 99e3})
    assert world.deployment == plain_world.deployment
    assert quick.blocks == plain.blocks
    assert quick.transactions == plain.transactions
    assert quick.events == plain.events
    assert quick.accounts == plain.accounts
    swaps = [event for event in quick.events if event[3][0] in SWAP_EVENTS]
    assert len(swaps) > 8 * (len(PATH.seconds) - 1)
    assert max(Counter(swap[0] for swap in swaps).values()) == 1, "each swap has a block of its own"


def assert_is_at(world: World, prices: dict[str, float]) -> None:
    """Check that every v3 pool is at the prices, to the unit of its square-root price."""
    decimals = {"USD": 6, "ETH": 18, "BTC": 8}
    for pool in world.market.pools:
        first, second = (pool.base, pool.quote) if pool.base_is_token0 else (pool.quote, pool.base)
        goal = sqrt_x96_from_price(prices[first] / prices[second], decimals[first], decimals[second])
        assert world.chain.read("UniswapV3Pool", pool.address, "slot0", block=world.chain.head())[0] == goal


def test_move_to__ten_swaps__takes_two_requests_each(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = Rpc.ask

    def counted(self: Rpc, method: str, *parameters: Any) -> dict[str, Any]:
        asked.append(method)
        return ask(self, method, *parameters)

    before = world.chain.head().number
    with monkeypatch.context() as patch:
        patch.setattr(Rpc, "ask", counted)
        world.market.move_to({"USD": 1.0, "ETH": 2500.0, "BTC": 80e3})
    assert Counter(asked) == {"eth_call": 10, "eth_sendTransactionSync": 10}
    assert world.chain.head().number == before + 10


def test_tell_and_look__a_transfer__moves_what_web3_sees(world: World) -> None:
    local, token = LocalChain(world.chain), world.market.tokens["USD"]
    local.tell(account("trader"), token, TRANSFER, account("outsider").address, 123)
    seen = world.chain.read("IERC20Metadata", token, "balanceOf", account("outsider").address, block=world.chain.head())
    assert local.look(token, BALANCE, account("outsider").address) == [seen] == [123]
    assert local.head() == world.chain.head()


def test_send__same_call__gives_the_receipt_that_the_plain_way_gives(world: World) -> None:
    arguments = ("IERC20Metadata", world.market.tokens["USD"], "approve", account("outsider").address, 5)
    quick = LocalChain(world.chain).send(account("trader"), *arguments)
    plain = world.chain.send(account("trader"), *arguments)
    assert set(quick) == set(plain)
    assert (quick["status"], plain["blockNumber"] - quick["blockNumber"]) == (1, 1)
    assert quick["logs"][0]["topics"] == plain["logs"][0]["topics"]
    deployed = LocalChain(world.chain).deploy(account("deployer"), "TestToken", "A", "A", 6)
    assert world.chain.read("TestToken", deployed, "decimals", block=world.chain.head()) == 6


def test_send__call_that_reverts__says_why(world: World) -> None:
    local, token = LocalChain(world.chain), world.market.tokens["USD"]
    with pytest.raises(ContractReverted, match="calling transfer"):
        local.tell(account("outsider"), token, TRANSFER, account("trader").address, 10**30)
    with pytest.raises(ContractReverted):
        local.send(account("outsider"), "IERC20Metadata", token, "transfer", account("trader").address, 10**30)


def test_tell__more_ether_than_there_is__is_the_nodes_refusal(world: World) -> None:
    local, weth = LocalChain(world.chain), world.market.tokens["ETH"]
    with pytest.raises(ChainError, match="calling deposit"):
        local.tell(account("outsider"), weth, Function("deposit"), value=10**40)


def test_tell__account_the_node_cannot_sign_for__is_signed_here(world: World) -> None:
    key = Account.from_key(keccak(text="a key that no node knows"))
    stranger = Signer(key.address, key)
    local, weth = LocalChain(world.chain), world.market.tokens["ETH"]
    local.request("anvil_setBalance", stranger.address, hex(10**18))
    local.tell(stranger, weth, Function("deposit"), value=10**15)
    assert local.look(weth, BALANCE, stranger.address) == [10**15]


def test_local_chain__another_chain__is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.chain, "chain_id", 1)
    with pytest.raises(RefusedAction, match="signs for nobody on chain 1"):
        LocalChain(world.chain)
