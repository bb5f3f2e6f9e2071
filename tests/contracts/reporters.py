"""The world of VolatilityOracle in tests: reporters with known keys, and signed rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils import keccak
from onchain import Deployed

FEED = keccak(text="ETH-IV-30D")
PERCENT = 10**6
RATES = (2_500, 10_000)
"""A quarter an hour, a doubling a day."""
NO_SEQUENCER = ("0x" + "00" * 20, 0)
"""A chain that is no rollup."""
TYPES = {
    "Report": [
        {"name": "feedId", "type": "bytes32"},
        {"name": "round", "type": "uint64"},
        {"name": "observedAt", "type": "uint64"},
        {"name": "volatility", "type": "uint64"},
    ]
}
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of the curve's group: (r, n - s) with the other v is the same signature, malleated."""


def by_address(accounts: Sequence[LocalAccount]) -> list[LocalAccount]:
    """Sort accounts as the contract wants them."""
    return sorted(accounts, key=lambda account: int(account.address, 16))


REPORTERS = by_address([Account.from_key(keccak(text=f"reporter {n}")) for n in range(5)])
STRANGERS = by_address([Account.from_key(keccak(text=f"stranger {n}")) for n in range(40)])


def sign(
    oracle: Deployed, reporter: LocalAccount, round_: int, observed_at: int, volatility: int, *,
    feed: bytes = FEED, contract: str | None = None, chain_id: int = 31_337,
) -> bytes:  # fmt: skip
    """Sign one report, for this feed unless told otherwise."""
    domain = {
        "name": "ALVH VolatilityOracle", "version": "1", "chainId": chain_id,
        "verifyingContract": contract or oracle.address,
    }  # fmt: skip
    message = {"feedId": feed, "round": round_, "observedAt": observed_at, "volatility": volatility}
    return bytes(reporter.sign_message(encode_typed_data(domain, TYPES, message)).signature)


def signed_round(
    oracle: Deployed, volatilities: Sequence[int], reporters: Sequence[LocalAccount] = REPORTERS, *,
    round_: int | None = None, observed_at: int | None = None, **terms: Any,
) -> tuple[int, int, list[int], list[bytes]]:  # fmt: skip
    """Return the arguments of `submit`: the next round, observed at the newest block, one volatility per reporter."""
    number = oracle.read("lastRound") + 1 if round_ is None else round_
    seen = oracle.node.now if observed_at is None else observed_at
    pairs = list(zip(reporters, volatilities, strict=False))
    signatures = [sign(oracle, reporter, number, seen, volatility, **terms) for reporter, volatility in pairs]
    return number, seen, list(volatilities), signatures


def submit(oracle: Deployed, volatilities: Sequence[int], *rest: Any, **terms: Any) -> dict[str, Any]:
    """Submit a round that is accepted."""
    return oracle.send("submit", *signed_round(oracle, volatilities, *rest, **terms), sender=oracle.node.deployer)


def malleated(signature: bytes) -> bytes:
    """Return the other signature of the same signer: n - s, and the other v."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])
