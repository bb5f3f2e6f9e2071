"""An action that is asked for by name: its help and the check of its arguments come from its entry in a registry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import UsageError


@dataclass(frozen=True)
class ActionKind:
    """One entry of a registry.

    Parameters
    ----------
    name
        As it is written on the command line.
    arguments
        Their names, in order; the last may end with ``...`` and then repeats.
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
        least, repeats = len(self.arguments), bool(self.arguments) and self.arguments[-1].endswith("...")
        if len(arguments) < least or (len(arguments) > least and not repeats):
            raise UsageError(f"usage: {self.usage} ({self.words})")
