"""The node: dead, talking nonsense, of another chain, re-organised: always a `BridgeError`, nothing sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from eth_typing import HexStr

from bridge.chain.node import BlockRef, Chain, connect
from bridge.chain.receipts import receipt_of
from bridge.chain.signers import LOCAL_CHAIN_ID
from bridge.deploy.seats import role
from bridge.errors import (
    ChainError,
    ContractReverted,
    MissingBlock,
    NodeUnreachable,
    Reorganised,
    TransactionFailed,
    UnknownAddress,
    WrongChain,
)
from bridge.local.accounts import account
from bridge.local.anvil import advance_time, free_port
from bridge.local.world import World

SOMEWHERE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
BLOCK = BlockRef(1, "0x" + "ab" * 32, 1_767_225_600)
USES: dict[str, Callable[[Chain], object]] = {
    "head": lambda chain: chain.head(),
    "at": lambda chain: chain.at(1),
    "confirm": lambda chain: chain.confirm(BLOCK),
    "has_code": lambda chain: chain.has_code(SOMEWHERE, BLOCK),
    "read": lambda chain: chain.read("VolatilityOracle", SOMEWHERE, "latest", block=BLOCK),
    "logs": lambda chain: chain.logs("HedgeGovernor", SOMEWHERE, "ProposalCreated", 0, BLOCK),
    "send": lambda chain: chain.send(account("outsider"), "HedgeParameters", SOMEWHERE, "pause"),
    "simulate": lambda chain: chain.simulate(SOMEWHERE, SOMEWHERE, HexStr("0x"), 1, BLOCK, "trying"),
    "request": lambda chain: chain.request("evm_mine"),
}


def chain_at(url: str) -> Chain:
    return Chain(url, LOCAL_CHAIN_ID)


class Babble(BaseHTTPRequestHandler):
    """Answer every request as a gateway without a node behind it does, or as a busy one."""

    def do_POST(self) -> None:
        """Answer HTML under /html, else 429."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/html" else 429)
        self.end_headers()
        self.wfile.write(b"<html>come back later</html>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Babble)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_connect__nobody_listens__says_how_to_start_a_node() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NodeUnreachable, match="start one with `alvh up`") as caught:
        connect(url, LOCAL_CHAIN_ID)
    assert caught.value.url == url


@pytest.mark.parametrize("path", ["html", "busy"])
def test_connect__gateway_without_a_node__is_unreachable(gateway: str, path: str) -> None:
    with pytest.raises(NodeUnreachable):
        connect(f"{gateway}/{path}", LOCAL_CHAIN_ID)


def test_connect__another_chain__names_both_ids(chain: Chain) -> None:
    with pytest.raises(WrongChain, match="serves chain 31337, expected 1") as caught:
        connect(chain.url, 1)
    assert (caught.value.expected, caught.value.found) == (1, LOCAL_CHAIN_ID)


@pytest.mark.parametrize("use", USES)
def test_chain__node_died__every_use_is_unreachable(use: str) -> None:
    with pytest.raises(NodeUnreachable):
        USES[use](chain_at(f"http://127.0.0.1:{free_port()}"))


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("path", ["html", "busy"])
def test_chain__gateway_without_a_node__every_use_is_unreachable(gateway: str, path: str, use: str) -> None:
    with pytest.raises(NodeUnreachable):
        USES[use](chain_at(f"{gateway}/{path}"))


def test_at__block_of_the_future__is_missing(chain: Chain) -> None:
    with pytest.raises(MissingBlock, match="the node does not have it"):
        chain.at(chain.head().number + 1000)


def test_confirm__block_still_there__passes_after_more_blocks(chain: Chain) -> None:
    block = chain.head()
    advance_time(chain, 10)
    chain.confirm(block)
    assert chain.head().number > block.number


def test_confirm__another_block_at_the_height__is_reorganised_with_both_hashes(chain: Chain) -> None:
    snapshot = chain.request("evm_snapshot")
    advance_time(chain, 10)
    seen = chain.head()
    chain.request("evm_revert", snapshot)
    advance_time(chain, 11)
    now = chain.head()
    assert now.number == seen.number
    with pytest.raises(Reorganised, match="nothing was used, run it again") as caught:
        chain.confirm(seen)
    assert (caught.value.number, caught.value.expected, caught.value.found) == (seen.number, seen.hash, now.hash)


def test_confirm__chain_became_shorter__is_reorganised(chain: Chain) -> None:
    snapshot = chain.request("evm_snapshot")
    advance_time(chain, 10)
    seen = chain.head()
    chain.request("evm_revert", snapshot)
    with pytest.raises(Reorganised, match="is now gone"):
        chain.confirm(seen)


def test_read__nothing_at_the_address__is_an_unknown_address(chain: Chain) -> None:
    with pytest.raises(UnknownAddress, match=f"{SOMEWHERE} is not a VolatilityOracle on this chain"):
        chain.read("VolatilityOracle", SOMEWHERE, "latest", block=chain.head())


def test_read__pinned_block__does_not_see_what_came_later(world: World) -> None:
    before, holder = world.chain.head(), account("voter-1")
    votes = world.deployment.address("HedgeVotes")

    def balance(block: BlockRef) -> int:
        return int(world.chain.read("HedgeVotes", votes, "balanceOf", holder.address, block=block))

    held = balance(before)
    world.chain.send(holder, "HedgeVotes", votes, "transfer", SOMEWHERE, 10**18)
    assert (balance(before), balance(world.chain.head())) == (held, held - 10**18)


def test_send__contract_refuses__raises_its_error_with_the_numbers_and_sends_nothing(world: World) -> None:
    outsider, chain = account("outsider"), world.chain
    before = (chain.head(), chain.web3.eth.get_transaction_count(outsider.address))
    with pytest.raises(ContractReverted) as caught:
        chain.send(outsider, "HedgeParameters", world.deployment.address("HedgeParameters"), "pause")
    assert caught.value.error == "AccessControlUnauthorizedAccount"
    assert caught.value.action == "HedgeParameters.pause"
    assert caught.value.arguments == {
        "account": outsider.address.lower(),
        "neededRole": "0x" + role("GUARDIAN_ROLE").hex(),
    }
    assert (chain.head(), chain.web3.eth.get_transaction_count(outsider.address)) == before


def test_send__reverts_only_when_mined__is_a_failed_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.chain, "gas", lambda *_: 300_000)
    with pytest.raises(TransactionFailed, match="was mined and reverted") as caught:
        world.chain.send(account("outsider"), "HedgeParameters", world.deployment.address("HedgeParameters"), "pause")
    assert world.chain.web3.eth.get_transaction_receipt(HexStr(caught.value.transaction))["status"] == 0


def test_send__not_mined_in_time__is_a_failed_transaction_with_its_hash(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.chain.receipts.RECEIPT_TIMEOUT_SECONDS", 0.05)
    world.chain.request("evm_setAutomine", False)
    try:
        with pytest.raises(TransactionFailed, match="was not mined") as caught:
            world.chain.send_raw(account("outsider"), account("lp").address, HexStr("0x"), "paying", 1)
    finally:
        world.chain.request("evm_setAutomine", True)
        world.chain.request("anvil_dropAllTransactions")
    assert caught.value.transaction.startswith("0x")
    assert len(caught.value.transaction) == 66


def test_send__another_transaction_takes_its_nonce__says_so_without_waiting_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.chain.receipts.LOOK_AGAIN_SECONDS", 0.05)
    chain, sender = world.chain, account("outsider")
    nonce, fees = chain.nonces(sender)[0], chain.fees()
    rest = {"chainId": chain.chain_id, "nonce": nonce, "to": account("lp").address, "gas": 21_000}
    cheap, dear = (
        sender.sign_transaction(fees | rest | {"value": 1, **dict.fromkeys(fees, offered)})  # type: ignore[operator]
        for offered in (2 * 10**9, 10**10)
    )
    chain.request("evm_setAutomine", False)
    try:
        waited_for = HexStr(chain.request("eth_sendRawTransaction", "0x" + cheap.hex()))
        chain.request("eth_sendRawTransaction", "0x" + dear.hex())
        chain.request("evm_mine")
    finally:
        chain.request("evm_setAutomine", True)
    with pytest.raises(TransactionFailed, match="was replaced by another transaction of its account"):
        receipt_of(chain, sender, nonce, waited_for, "paying", account("lp").address)


def test_send__more_than_the_account_has__is_a_chain_error_with_the_nodes_words(chain: Chain) -> None:
    with pytest.raises(ChainError, match=r"(?i)paying: .*insufficient funds"):
        chain.send_raw(account("outsider"), account("lp").address, HexStr("0x"), "paying", 10**30)


def test_simulate__would_revert_at_that_time__raises_the_contracts_error(world: World) -> None:
    parameters = world.deployment.address("HedgeParameters")
    data = world.chain.contract("HedgeParameters", parameters).encode_abi("rollback", args=[[11], True])
    sender = account("outsider").address
    with pytest.raises(ContractReverted, match="AccessControlUnauthorizedAccount"):
        world.chain.simulate(sender, parameters, HexStr(data), 2**31, world.chain.head(), "rolling back")


def test_request__unknown_method__is_a_chain_error(chain: Chain) -> None:
    with pytest.raises(ChainError, match="evm_nonsense"):
        chain.request("evm_nonsense")
