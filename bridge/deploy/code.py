"""Is the code at an address the one that our compiler wrote?

A contract's runtime code is its artifact's, but for immutables: what the constructor set, 32 bytes behind a PUSH32 that
the compiler left zero. Those are masked here and asked of the contract's own getters elsewhere (`seats`): once the code
is ours, its answers are true.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bridge.artifacts import artifact
from bridge.deployment import Deployment
from bridge.snapshot import Snapshot

PUSH1, PUSH32, WORD = 0x60, 0x7F, 32
PLACES: Final = (("VolatilityOracle", "feeds"), ("RealizedVolatility", "realized"), ("VolatilityBreaker", "breakers"))
"""Contracts of a deployment that there is one of for each asset, and where it names them."""
OURS: Final = (
    "HedgeGovernor", "HedgeParameters", "HedgeTimelock", "HedgeVotes", "ProposalGuard", "RegimeAutomation",
    *(contract for contract, _ in PLACES),
)  # fmt: skip
"""Contracts of a deployment that are compiled here; the others are of other people."""


def immutables(template: bytes) -> list[int]:
    """Return where 32 bytes begin that a constructor sets: the zeros behind a PUSH32 of compiled runtime code."""
    found, at = [], 0
    while at < len(template):
        operation = template[at]
        size = operation - PUSH1 + 1 if PUSH1 <= operation <= PUSH32 else 0
        if operation == PUSH32 and template[at + 1 : at + 1 + WORD] == bytes(WORD):
            found.append(at + 1)
        at += 1 + size
    return found


def masked(code: bytes, places: list[int]) -> bytes:
    """Return code with zeros where immutables are."""
    plain = bytearray(code)
    for at in places:
        plain[at : at + WORD] = bytes(WORD)
    return bytes(plain)


def code_difference(template: bytes, code: bytes) -> str:
    """Say how runtime code differs from what was compiled, immutables aside; empty where it does not."""
    if not code:
        return "has no code"
    if len(code) != len(template):
        return f"has {len(code):,} bytes of code, not {len(template):,}"
    plain = masked(code, immutables(template))
    first = next((at for at in range(len(template)) if plain[at] != template[at]), None)
    return "" if first is None else f"differs from ours at byte {first:,}"


def code_findings(snapshot: Snapshot) -> list[str]:
    """Compare the code of every contract of ours in a deployment with its artifact; an empty list is the proof."""
    found = []
    for name, address, template in _ours(snapshot.deployment):
        difference = code_difference(template, snapshot.code(address))
        found += [f"{name} at {address} {difference}"] if difference else []
    return found


def _ours(deployment: Deployment) -> Iterator[tuple[str, str, bytes]]:
    """Yield the name, the address and the compiled runtime code of every contract of ours."""
    places = [(name, name, address) for name, address in deployment.contracts.items()]
    for contract, attribute in PLACES:
        places += [(contract, f"{contract} {asset}", at) for asset, at in getattr(deployment, attribute).items()]
    for contract, name, address in places:
        if contract in OURS:
            yield name, address, bytes.fromhex(artifact(contract).runtime[2:])
