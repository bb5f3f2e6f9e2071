"""Is the code at an address the one that our compiler wrote?

A contract's runtime code is its artifact's, but for immutables: what the constructor set, 32 bytes behind a PUSH32 that
the compiler left zero. Those are masked here and asked of the contract's own getters elsewhere (`seats`): once the code
is ours, its answers are true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.artifacts import DEPLOYED, artifact
from bridge.artifacts.vendor import SOURCES, vendor
from bridge.deployment import Deployment
from bridge.snapshot import Snapshot

PUSH1, PUSH32, WORD = 0x60, 0x7F, 32
PLACES: Final = (("VolatilityOracle", "feeds"), ("RealizedVolatility", "realized"), ("VolatilityBreaker", "breakers"))
"""Contracts of a deployment that there is one of for each asset, and where it names them."""


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
    return "" if first is None else f"differs at byte {first:,}"


def code_findings(snapshot: Snapshot) -> list[str]:
    """Compare the code of every contract of ours in a deployment with its artifact; an empty list is the proof."""
    places = deployed_places(snapshot.deployment)
    return _differences(snapshot, [(name, at, artifact(contract).runtime) for name, contract, at in places])


def deployed_places(deployment: Deployment) -> list[tuple[str, str, str]]:
    """Return every contract of ours in a deployment: its name there, its contract and its address.

    Those that a constructor asks come before what it creates.
    """
    places = [(name, name, address) for name, address in deployment.contracts.items() if name in DEPLOYED]
    for contract, attribute in PLACES:
        found = getattr(deployment, attribute).items()
        places += [(f"{contract} {asset}", contract, address) for asset, address in found]
    for asset, own in deployment.own.items():
        places.append((f"HedgeParameters {asset}", "HedgeParameters", own.parameters))
        places += [(f"RegimeAutomation {asset}", "RegimeAutomation", own.automation)] if own.automation else []
    return sorted(places, key=lambda place: place[1] == "RegimeAutomation")


def others_findings(snapshot: Snapshot) -> list[str]:
    """Compare the code of other people's contracts with what they published on npm: an empty list where it is that.

    Another build, as of another compiler setting, is none of theirs that we know, and need not be wrong.

    Raises
    ------
    MissingTool
        The packages are not here.
    """
    named = snapshot.deployment.contracts.items()
    return _differences(snapshot, [(name, at, vendor(name).runtime) for name, at in named if name in SOURCES])


def _differences(snapshot: Snapshot, places: Sequence[tuple[str, str, str]]) -> list[str]:
    """Return a line for each name, address and runtime bytecode that is not what is at the address."""
    found = []
    for name, address, runtime in places:
        difference = code_difference(bytes.fromhex(runtime[2:]), snapshot.code(address))
        found += [f"{name} at {address} {difference}"] if difference else []
    return found
