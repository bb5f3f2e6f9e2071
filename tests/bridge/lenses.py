"""Nodes that misbehave in one way each, and contracts as their authors published them, for the tests of the lens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from web3.contract import Contract

from bridge.adapters.lens import Lens
from bridge.artifacts.vendor import vendor
from bridge.local.world import World

ANSWERS_ZERO = "0x60205ff3"
"""Code that answers every question with a word of zeros."""


class Node:
    """A node that passes every request on; `changed` may alter its parameters or answer in its place."""

    def __init__(self, world: World) -> None:
        self.chain, self.calls = world.chain, 0

    def ask(self, method: str, *parameters: Any) -> dict[str, Any]:
        """Count and pass on."""
        self.calls += 1
        return self.changed(method, list(parameters))

    def changed(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        """Pass on as it is."""
        return self.chain.ask(method, *parameters)


class WithoutOverrides(Node):
    """A node that knows no state override, as some say it."""

    def changed(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        """Refuse a third parameter."""
        if len(parameters) > 2:
            return {"error": {"code": -32602, "message": "too many arguments, want at most 2"}}
        return self.chain.ask(method, *parameters)


class IgnoresOverrides(Node):
    """A node that ignores a state override: it calls an address without code."""

    def changed(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        """Drop the third parameter."""
        return self.chain.ask(method, *parameters[:2])


class Capped(Node):
    """A node that caps the gas of a call."""

    def __init__(self, world: World, gas: int) -> None:
        super().__init__(world)
        self.gas = gas

    def changed(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        """Lower the gas."""
        parameters[0] = parameters[0] | {"gas": hex(self.gas)}
        return self.chain.ask(method, *parameters)


class Misspeaks(Node):
    """A node whose answer, as 0x hex, is changed before it comes back."""

    def __init__(self, world: World, change: Callable[[str], object]) -> None:
        super().__init__(world)
        self.change = change

    def changed(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        """Change what it answers."""
        answer = self.chain.ask(method, *parameters)
        return answer | {"result": self.change(answer["result"])}


class Lagging(Node):
    """A node that answers of an older block than it was asked for."""

    def changed(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        """Ask one block earlier."""
        parameters[1] = hex(int(parameters[1], 16) - 1)
        return self.chain.ask(method, *parameters)


class Instead(Node):
    """A node on which an account has other code or storage than in truth: faults that real contracts do not have."""

    def __init__(self, world: World, address: str, **changed: Any) -> None:
        super().__init__(world)
        self.override = {address: changed}

    def changed(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        """Add the change to the call's."""
        parameters[2] |= self.override
        return self.chain.ask(method, *parameters)


def lens(world: World) -> Lens:
    """Return the lens on the world's node."""
    return Lens(world.chain)


def published(world: World, name: str) -> Contract:
    """Return a contract of the world with the ABI of its authors."""
    return world.chain.web3.eth.contract(address=world.deployment.address(name), abi=vendor(name).abi)
