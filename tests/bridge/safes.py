"""Steps of tests of what has power over a Safe: guards, modules, other code, and contracts that only look like one."""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi import encode
from eth_utils import function_signature_to_4byte_selector, keccak

from bridge.artifacts.vendor import node_modules
from bridge.chain.node import Chain
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.safe.multisig import create_safe
from tests.bridge.steps import act_through_safe

SENTINEL = "0x" + "00" * 19 + "01"
NEVER, BEFORE, AFTER, MINED = range(4)
PACKAGE = "@safe-global/safe-contracts/build/artifacts/contracts"


def said(words: str) -> bytes:
    """Return what a contract reverts with that gives words as its reason."""
    return bytes.fromhex("08c379a0") + encode(["string"], [words])


def guarded(world: World, safe: str = "guardian") -> str:
    """Give a Safe a guard that lets everything pass, and return the guard."""
    guard = world.chain.deploy(account("deployer"), "RefusingGuard")
    at = world.deployment.address(safe)
    act_through_safe(world, safe, *world.snapshot().call("Safe", "setGuard", guard, at=at))
    return guard


def refusing(world: World, guard: str, when: int, answer: bytes, friend: str = SENTINEL) -> None:
    """Let a guard refuse from now on."""
    world.chain.send(account("deployer"), "RefusingGuard", guard, "refuse", when, answer, friend)


def with_module(world: World, safe: str = "guardian") -> str:
    """Give a Safe a module that anyone may use, and return the module."""
    module = world.chain.deploy(account("deployer"), "SafeModule")
    at = world.deployment.address(safe)
    act_through_safe(world, safe, *world.snapshot().call("Safe", "enableModule", module, at=at))
    return module


def made_safe(world: World, owners: Sequence[str], threshold: int, salt: int = 7, **contracts: str) -> str:
    """Create a Safe of roles' accounts, with another singleton or handler where one is given."""
    named = [account(owner).address for owner in owners]
    return create_safe(world.chain, account("deployer"), world.deployment.contracts | contracts, named, threshold, salt)


def store(chain: Chain, at: str, slot: int, word: int) -> None:
    """Write a word into a contract's storage."""
    chain.request("anvil_setStorageAt", at, f"0x{slot:064x}", f"0x{word:064x}")


def link_modules(world: World, safe: str, modules: Sequence[int], last: int = 1) -> None:
    """Write a list of modules into a Safe's storage, and what its last entry leads to."""
    for module, following in zip((1, *modules), (*modules, last), strict=True):
        slot = int.from_bytes(keccak(encode(["uint256", "uint256"], [module, 1])))
        store(world.chain, safe, slot, following)


def false_safe(world: World, **answers: bytes) -> str:
    """Deploy a contract that answers like a Safe of two of three owners, or as it is told, by function."""
    at = world.chain.deploy(account("deployer"), "FalseSafe")
    owners = [account(f"guardian-{number}").address for number in (1, 2, 3)]
    usual = {
        "getOwners": encode(["address[]"], [owners]),
        "getThreshold": encode(["uint256"], [2]),
        "nonce": encode(["uint256"], [0]),
        "getModulesPaginated": encode(["address[]", "address"], [[], SENTINEL]),
    }
    for function, answer in (usual | answers).items():
        world.chain.send(account("deployer"), "FalseSafe", at, "say", selector(function), answer)
    return at


def flooding(world: World, at: str, function: str, size: int) -> None:
    """Let a false Safe answer a function with so many bytes."""
    world.chain.send(account("deployer"), "FalseSafe", at, "flood", selector(function), size)


def selector(function: str) -> bytes:
    """Return the selector of a function that a Safe is asked."""
    kinds = "address,uint256" if function == "getModulesPaginated" else ""
    return bytes(function_signature_to_4byte_selector(f"{function}({kinds})"))


def published(path: str) -> tuple[list[object], str, str]:
    """Read ABI, creation code and runtime code of a contract as the Safe's authors published it."""
    import json

    content = json.loads((node_modules() / PACKAGE / path).read_text(encoding="utf-8"))
    return content["abi"], content["bytecode"], content["deployedBytecode"]
