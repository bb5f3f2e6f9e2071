"""Who is who on a local chain: roles to accounts of the public test mnemonic."""

from __future__ import annotations

from bridge.chain.signers import Signer, local_signer

INDEX = {
    "deployer": 0,
    "lp": 1,
    "market-maker": 2,
    "trader": 3,
    "guardian-1": 4,
    "guardian-2": 5,
    "guardian-3": 6,
    "steward-1": 7,
    "steward-2": 8,
    "steward-3": 9,
    "reporter-1": 10,
    "reporter-2": 11,
    "reporter-3": 12,
    "reporter-4": 13,
    "reporter-5": 14,
    "voter-1": 15,
    "voter-2": 16,
    "voter-3": 17,
    "operator": 18,
    "outsider": 19,
}


def account(role: str) -> Signer:
    """Return the local signer that plays a role."""
    return local_signer(INDEX[role])


def accounts(prefix: str) -> list[Signer]:
    """Return the signers of all roles of one kind, `guardian` for guardian-1 to guardian-3."""
    return [account(role) for role in INDEX if role.startswith(f"{prefix}-")]
