"""Steps of tests of `alvh deploy`: a bare chain with what is there before, settings, and runs that are killed."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_utils import to_checksum_address
from web3.types import Nonce
from web3.utils.address import get_create_address

from bridge.chain.node import Chain, connect
from bridge.chain.signers import LOCAL_MNEMONIC, local_signer
from bridge.deploy.finish import Done, carry_out_plan
from bridge.deploy.journal import held_folder, load_journal
from bridge.deploy.plan import make_plan
from bridge.deploy.sending import Sending, Told
from bridge.deploy.settings import DeploySettings, load_settings
from bridge.errors import BridgeError, NodeUnreachable
from bridge.genesis import DAY
from bridge.local.accounts import INDEX
from bridge.local.anvil import START_SECONDS, anvil_process, free_port
from bridge.local.protocols import deploy_vendor
from bridge.safe.multisig import ZERO, create_safe
from tests.bridge.lying_node import Answering, Asked, LyingNode

DEPLOYER = local_signer(INDEX["deployer"])
MAKER = local_signer(INDEX["market-maker"])
"""Who makes what is there before: the deployer's nonces are the deployment's alone."""


def address(role: str) -> str:
    """Return the address of a role of the public mnemonic, on any chain."""
    return local_signer(INDEX[role]).address


@contextmanager
def bare_chain(chain_id: int, *words: str) -> Iterator[Chain]:
    """Run an anvil of any chain id."""
    port = free_port()
    given = ["--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id), "--silent", "--accounts", "20"]
    with anvil_process([*given, "--mnemonic", LOCAL_MNEMONIC, "--hardfork", "cancun", *words]):
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                yield connect(f"http://127.0.0.1:{port}", chain_id)
                return
            except NodeUnreachable:
                assert time.monotonic() < until
                time.sleep(0.05)


def before(chain: Chain) -> dict[str, str]:
    """Deploy what a chain has before us: Safe's contracts, tokens, and Uniswap's factory with a pool."""
    made = {name: deploy_vendor(chain, MAKER, name) for name in ("Safe", "SafeProxyFactory", "UniswapV3Factory")}
    made["CompatibilityFallbackHandler"] = deploy_vendor(chain, MAKER, "CompatibilityFallbackHandler")
    usd = chain.deploy(MAKER, "TestToken", "USD", "USD", 6)
    eth = chain.deploy(MAKER, "TestToken", "Ether", "ETH", 18)
    chain.send(MAKER, "UniswapV3Factory", made["UniswapV3Factory"], "createPool", usd, eth, 500)
    pool = chain.read("UniswapV3Factory", made["UniswapV3Factory"], "getPool", usd, eth, 500, block=chain.head())
    return made | {"USD": usd, "ETH": eth, "pool": pool}


def owners(role: str, count: int = 3) -> str:
    """Return the accounts of a Safe, or of reporters, as TOML."""
    return ", ".join(f'"{address(f"{role}-{number}")}"' for number in range(1, count + 1))


def settings_text(chain: Chain, there: dict[str, str], dao: str, more: str = "") -> str:
    """Return a deploy.toml of two assets, of which ETH has a pool, a breaker and the automation."""
    return f"""
name = "test"
reporters = [{owners("reporter", 5)}]
automation = "ETH"
usd_tokens = ["{there["USD"]}"]

[chain]
id = {chain.chain_id}
rpc_url = "{chain.url}"
confirmations = 1
max_tip_gwei = 100

[dao]
{dao}

[guardian]
owners = [{owners("guardian")}]

[steward]
owners = [{owners("steward")}]

[safe_contracts]
singleton = "{there["Safe"]}"
factory = "{there["SafeProxyFactory"]}"
handler = "{there["CompatibilityFallbackHandler"]}"

[assets.ETH]
tokens = ["{there["ETH"]}"]
price_pool = "{there["pool"]}"

[assets.BTC]

[values]
targetCvarBps = 250

[contracts]
UniswapV3Factory = "{there["UniswapV3Factory"]}"
{more}
"""


def new_dao() -> str:
    """Return the section of a new DAO of three holders."""
    holders = ", ".join(f'"{address(f"voter-{number}")}" = {number * 100_000}' for number in (1, 2, 3))
    return f'kind = "new"\nholders = {{ {holders} }}'


def governed(chain: Chain, delay: int = 3, period: int = 20) -> str:
    """Deploy another DAO, whose votes count blocks; return the section that names its governor."""
    votes = chain.deploy(MAKER, "BlockVotes", address("voter-1"), 10**24)
    governor = create_address(MAKER.address, chain.nonces(MAKER)[0] + 1)
    timelock = chain.deploy(MAKER, "HedgeTimelock", DAY, [governor], [governor], ZERO)
    assert chain.deploy(MAKER, "BlockGovernor", votes, delay, period, timelock) == governor
    return f'kind = "governor"\ngovernor = "{governor}"'


def plainly_governed(chain: Chain) -> str:
    """Deploy another DAO without a timelock; return the section that names its governor."""
    votes = chain.deploy(MAKER, "BlockVotes", address("voter-1"), 10**24)
    return f'kind = "governor"\ngovernor = "{chain.deploy(MAKER, "PlainGovernor", votes, 3, 20)}"'


def safe_dao(chain: Chain, there: dict[str, str]) -> str:
    """Create a Safe that decides; return the section that names it."""
    names = [address(f"voter-{number}") for number in (1, 2, 3)]
    return f'kind = "safe"\nsafe = "{create_safe(chain, MAKER, there, names, 2, 9)}"'


def create_address(creator: str, nonce: int) -> str:
    """Return where an account's transaction of a nonce creates."""
    return str(get_create_address(to_checksum_address(creator), Nonce(nonce)))


def written(folder: Path, text: str) -> DeploySettings:
    """Write settings and read them as the command does."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "deploy.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def deployed(
    folder: Path,
    url: str | None = None,
    renumber: bool = False,
    propose: bool = False,
    outbid: bool = False,
    told: Told = lambda step, words: None,
) -> Done:
    """Deploy by the settings of a folder, as `alvh deploy FILE --send` does."""
    settings = load_settings(folder / "deploy.toml")
    chain = connect(url or settings.chain.rpc_url, settings.chain.id, settings.chain.caps)
    with held_folder(folder / "journal"):
        plan = make_plan(chain, settings, DEPLOYER.address, folder / "journal", renumber=renumber)
        how = Sending(DEPLOYER, settings.chain.confirmations, told, outbid)
        return carry_out_plan(chain, how, plan, lambda words: None, propose)


BEFORE, AFTER, RECEIPT = "before it is sent", "after it is sent", "after its receipt"


class Killer:
    """What a node does to the first transaction that a process hands over: it kills the process at a point of it."""

    def __init__(self, point: str) -> None:
        self.point, self.pid, self._sent, self._receipts = point, 0, False, 0

    def __call__(self, answering: Answering, asked: Asked) -> bool:
        """Kill at the point, and answer nothing; else leave the answer to the real node."""
        method = asked["method"]
        if method == "eth_sendRawTransaction" and not self._sent:
            self._sent = True
            if self.point == AFTER:
                answering.honest(asked)
            return self._killed(self.point != RECEIPT)
        if method == "eth_getTransactionReceipt" and self._sent:
            self._receipts += 1
            return self._killed(self.point == RECEIPT and self._receipts == 2)  # it has seen the first
        return False

    def _killed(self, now: bool) -> bool:
        if now:
            os.kill(self.pid, signal.SIGKILL)
        return now


def killed_run(node: LyingNode, folder: Path, point: str) -> int:
    """Run a deployment in a process of its own, through a node that kills it at a point; return its exit code."""
    killer = Killer(point)
    node.lie = killer
    killer.pid = os.fork()
    if killer.pid == 0:
        try:
            deployed(folder, node.url)
        except BridgeError:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(killer.pid, 0)[1])


def journal(folder: Path) -> Any:
    """Return the journal of a folder's deployment."""
    return load_journal(folder / "journal" / "journal.json")


def stopped_at(node: LyingNode, chain: Chain, folder: Path, sends: int) -> None:
    """Let a run end after so many transactions that were taken; the next one is lost on the way."""
    left = [sends]

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_sendRawTransaction":
            return False
        left[0] -= 1
        return left[0] < 0 and answering.error(asked, {"code": -32000, "message": "txpool is full"})

    node.lie = lie
    with pytest.raises(BridgeError, match="txpool is full"):
        deployed(folder, node.url)
    node.lie = lambda answering, asked: False
    assert sum(entry.block is not None for entry in journal(folder).entries) == sends
