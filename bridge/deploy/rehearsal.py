"""What a deployment would cost, and whether each step would work: asked of a node, with nothing signed.

    step -> its creation code, run where the contract will be, on the code of the steps before it -> its runtime code
         -> gas by the node's own measure -> cost at the present fee, and at the most that the settings allow

Constructors read code of earlier steps and never their storage: only code is put beside the state of the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.artifacts import register_artifact
from bridge.chain.blocks import BlockRef
from bridge.chain.fees import GWEI, NATIVE, require_gas
from bridge.chain.node import Chain
from bridge.chain.reverts import call_refused
from bridge.chain.rpc import as_bytes, as_number
from bridge.chain.signers import Sender
from bridge.deploy.layout import Step
from bridge.errors import ChainError, ContractReverted, FeeTooHigh, UnknownAddress

MARGIN: Final = (5, 4)
"""What a transaction is given of gas, over what the node measures (`Chain.gas`)."""
GAS_PRICE_ORACLE: Final = "0x420000000000000000000000000000000000000F"
"""Where every chain of the OP stack, Base among them, answers what data cost. Source: the OP stack's predeploys."""
ENVELOPE: Final = 120
"""Bytes of a transaction beside its data: numbers and a signature, which do not compress."""
_ORACLE: Final = "OpGasPriceOracle"
register_artifact(
    _ORACLE,
    [
        {
            "type": "function",
            "name": "getL1Fee",
            "inputs": [{"name": "_data", "type": "bytes"}],
            "outputs": [{"name": "", "type": "uint256"}],
        }
    ],
)


@dataclass(frozen=True)
class Measured:
    """A step, the gas that it uses, and the runtime code that it leaves; empty where it makes a call.

    `data_fee` is what an OP stack chain takes for the data beside the gas, in wei.
    """

    step: Step
    gas: int
    runtime: bytes
    data_fee: int = 0

    @property
    def limit(self) -> int:
        """Return the gas that the transaction is given."""
        return self.gas * MARGIN[0] // MARGIN[1]


@dataclass(frozen=True)
class Fees:
    """Fees of a unit of gas, in wei: at present, as a transaction offers it, and the most that the settings allow.

    `most_native` is the most that one transaction may cost, in the chain's own coin.
    """

    present: int
    offered: int
    cap: int
    most_native: float

    def now(self, measured: Measured) -> float:
        """Return what a step costs at the present fee, in the chain's own coin."""
        return (measured.gas * self.present + measured.data_fee) / NATIVE

    def offer(self, measured: Measured) -> float:
        """Return what a step's transaction offers beside the fee for data: the caps are held against it."""
        return measured.limit * self.offered / NATIVE

    def most(self, measured: Measured) -> float:
        """Return the most that a step can cost, in the chain's own coin: what is above is not sent.

        The fee for data is beside it, as it is at present: no transaction can bound that.
        """
        return min(measured.limit * self.cap / NATIVE, self.most_native) + measured.data_fee / NATIVE


def read_fees(chain: Chain) -> Fees:
    """Read what a unit of gas costs now; one that costs more than the settings allow is said in the dry run too."""
    offered = chain.fees()
    tip = int(offered["maxPriorityFeePerGas"])
    base = (int(offered["maxFeePerGas"]) - tip) // 2
    return Fees(base + tip, 2 * base + tip, int(chain.caps.max_fee_gwei * GWEI), chain.caps.max_fee_native)


def run_creation(
    chain: Chain, sender: str, address: str, code: str, block: BlockRef, others: Mapping[str, bytes], action: str
) -> bytes:
    """Run creation code at the place where its contract is or will be, and return the runtime code that it leaves.

    The place is empty to it, storage included, whatever is there: so immutables come out as they do in a creation.

    Parameters
    ----------
    others
        Code to put at other addresses, as that of contracts which come before it.

    Raises
    ------
    ContractReverted
        The constructor refuses its arguments.
    """
    state: dict[str, Any] = {at: {"code": "0x" + each.hex()} for at, each in others.items()}
    state[address] = {"code": code, "state": {}}
    call = {"from": sender, "to": address, "gas": hex(_block_gas(chain, block, action))}
    answer = chain.ask("eth_call", call, hex(block.number), state)
    if "error" in answer:
        raise call_refused(answer["error"], action)
    return as_bytes(answer["result"], action)


def _block_gas(chain: Chain, block: BlockRef, action: str) -> int:
    """Read what a block takes of gas."""
    found = chain.request("eth_getBlockByNumber", hex(block.number), False)
    return as_number(found.get("gasLimit") if isinstance(found, dict) else None, action)


def rehearse_steps(
    chain: Chain, deployer: str, steps: Sequence[Step], block: BlockRef, told: Callable[[Step], None]
) -> list[Measured]:
    """Run every step on the state of a block and of the steps before it.

    Raises
    ------
    ContractReverted
        One would be refused: by which contract, and why.
    ChainError
        One needs more gas than a block takes, or by the node's word less than any transaction.
    """
    most = _block_gas(chain, block, "rehearsing a deployment") if steps else 0
    found, others = list[Measured](), dict[str, bytes]()
    takes_data_fee = chain.has_code(GAS_PRICE_ORACLE, block)
    for step in steps:
        told(step)
        action, runtime = f"creating {step.name}", b""
        if step.to is None:
            runtime = run_creation(chain, deployer, step.address, step.data, block, others, action)
        state: dict[str, Any] = {at: {"code": "0x" + code.hex()} for at, code in others.items()}
        state[deployer] = {"nonce": hex(step.nonce)}  # where it creates follows from that
        asked = {"from": deployer, "data": step.data} | ({"to": step.to} if step.to else {})
        answer = chain.ask("eth_estimateGas", asked, hex(block.number), state)
        if "error" in answer:
            raise call_refused(answer["error"], action)
        fee = _data_fee(chain, step, block) if takes_data_fee else 0
        gas = require_gas(as_number(answer["result"], action), most, action)
        found.append(Measured(step, gas, runtime, fee))
        if runtime:
            others[step.address] = runtime
    return found


def _data_fee(chain: Chain, step: Step, block: BlockRef) -> int:
    """Ask what a chain of the OP stack takes for a transaction's data; nothing where its oracle does not say."""
    data = bytes.fromhex(step.data[2:]) + b"\xff" * ENVELOPE
    try:
        return int(chain.read(_ORACLE, GAS_PRICE_ORACLE, "getL1Fee", data, block=block))
    except (ContractReverted, UnknownAddress):
        return 0


def require_sendable(chain: Chain, deployer: str, measured: Sequence[Measured], fees: Fees, block: BlockRef) -> None:
    """Check that no step's offer is above the caps, and that the deployer can pay for all: before the first is sent.

    He must have twice what all cost at the present fee, and whenever a step's turn comes, what it offers.

    Raises
    ------
    FeeTooHigh
        One would not be sent: the dearest, and how many there are.
    ChainError
        He has less, in the chain's own coin.
    """
    refused = [each for each in measured if fees.offer(each) > fees.most_native]
    if refused:
        worst = max(refused, key=fees.offer)
        many = f", the dearest of {len(refused)} steps above the cap," if len(refused) > 1 else ""
        what = f"the fee of creating {worst.step.name}{many}"
        raise FeeTooHigh(what, fees.offer(worst), "max_fee_native", fees.most_native, "of the chain's own coin")
    action, spent, needed = "reading the deployer's balance", 0.0, 0.0
    has = as_number(chain.request("eth_getBalance", Sender(deployer).address, hex(block.number)), action) / NATIVE
    for each in measured:
        needed = max(needed, spent + fees.offer(each) + each.data_fee / NATIVE)
        spent += fees.now(each)
    needed = max(needed, 2 * spent)
    if has < needed:
        raise ChainError(
            f"{deployer} has {has:.6g} of the chain's coin, and the {len(measured)} steps that are left may cost "
            f"{needed:.6g} (twice the present fee): send it some first, nothing was sent"
        )
