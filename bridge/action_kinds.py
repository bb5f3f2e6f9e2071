"""Actions that are asked for by name, one entry a registration; help and the check of arguments come from the entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge.errors import UsageError
from bridge.registry import Registry


@dataclass(frozen=True)
class ActionKind:
    """One entry of a registry.

    Parameters
    ----------
    name
        As it is written on the command line.
    arguments
        Their names, in order; the last may end with ``...`` and then repeats, or stand in ``[]`` and may be left out.
    words
        What it does, in a few words for the help.
    build
        Builds what the action is, from where it is asked for and the arguments.
    """

    name: str
    arguments: tuple[str, ...]
    words: str
    build: Callable[[Any, Sequence[str]], Any]

    @property
    def usage(self) -> str:
        """Return name and arguments as they are written on the command line."""
        return " ".join((self.name, *self.arguments))

    def require_arguments(self, arguments: Sequence[str]) -> None:
        """Check the number of arguments.

        Raises
        ------
        UsageError
            It takes other arguments; the message says which.
        """
        most, repeats = len(self.arguments), bool(self.arguments) and self.arguments[-1].endswith("...")
        least = most - sum(name.startswith("[") for name in self.arguments)
        if len(arguments) < least or (len(arguments) > most and not repeats):
            raise UsageError(f"usage: {self.usage} ({self.words})")


Kind = TypeVar("Kind", bound=ActionKind)


class ActionRegistry(Registry[Kind]):
    """Actions by name, in the order in which they are registered."""

    def add(self, kind: Kind) -> Kind:
        """Add an entry under its own name. Raises `BadConfig` where the name is taken."""
        return self.register(kind.name, kind)

    def find(self, name: str, arguments: Sequence[str]) -> Kind:
        """Find an entry and check the number of its arguments.

        Raises
        ------
        UsageError
            There is no such entry, or it takes other arguments.
        """
        if name not in self:
            raise UsageError(f"no {self.kind} {name!r}: one of {', '.join(self)}")
        self[name].require_arguments(arguments)
        return self[name]
