"""The session's world as the local chain and as a chain of another id, where no test mnemonic and no clock obey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.chain.node import connect
from bridge.chain.signers import KEY_VARIABLE
from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.lying_node import LyingNode
from tests.e2e.command import Done, Run

ELSEWHERE = 4242


@dataclass(frozen=True)
class Place:
    """A world on one chain id, and the command in a folder whose settings name it."""

    world: World
    call: Run

    @property
    def chain_id(self) -> int:
        """Return the id that the node serves."""
        return self.world.chain.chain_id

    def run(self, *words: str, role: str = "") -> Done:
        """Run a command, signed by a role's key from the environment where one is named."""
        return self.call(*words, **{KEY_VARIABLE: key_of(role)} if role else {})

    def sent(self, *words: str, role: str) -> Any:
        """Run a command that must succeed with --send and return its JSON."""
        done = self.run(*words, "--send", "--json", role=role)
        assert done.code == 0, done
        return done.json()

    def pass_time(self, seconds: int) -> None:
        """Mine a block so much later; the node obeys, the commands do not on another chain id."""
        chain = self.world.chain
        chain.request("evm_setNextBlockTimestamp", chain.head().timestamp + seconds)
        chain.request("evm_mine")


def key_of(role: str) -> str:
    """Return the key of a role of the public test mnemonic."""
    return "0x" + bytes(account(role)._account.key).hex()


@contextmanager
def placed(world: World, chain_id: int, folder: Path, call: Run, more: str = "") -> Iterator[Place]:
    """Let the node serve a chain id, and write settings and deployment for it."""
    world.chain.request("anvil_setChainId", chain_id)
    try:
        moved = world.deployment.model_copy(update={"chain_id": chain_id})
        moved.save(folder / ".alvh" / "deployment.json")
        text = f'[chain]\nrpc_url = "{world.chain.url}"\nchain_id = {chain_id}\n{more}'
        (folder / "alvh.toml").write_text(text, encoding="utf-8")
        yield Place(replace(world, chain=connect(world.chain.url, chain_id), deployment=moved), call)
    finally:
        world.chain.request("anvil_setChainId", LOCAL_CHAIN_ID)


@contextmanager
def through(place: Place, folder: Path, node: LyingNode) -> Iterator[None]:
    """Let the settings of a folder name a node in the place of the real one for the length of a `with` block."""
    settings = folder / "alvh.toml"
    own = settings.read_text(encoding="utf-8")
    settings.write_text(own.replace(place.world.chain.url, node.url), encoding="utf-8")
    yield
    settings.write_text(own, encoding="utf-8")
