"""The help of a command that takes an action by name: written from the registry when it is asked for, not before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand

if TYPE_CHECKING:
    from bridge.action_kinds import ActionKind


class ActionCommand(TyperCommand):
    """A command whose first argument names an entry of a registry."""

    def kinds(self) -> Iterable[ActionKind]:
        """Return the registry; it is imported here, so that other help does not wait for it."""
        raise NotImplementedError

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with the names of the actions and a line for each."""
        kinds = tuple(self.kinds())
        for parameter in self.params:
            if isinstance(parameter, TyperArgument) and parameter.name == "action":
                parameter.help = ", ".join(kind.name for kind in kinds)
            elif isinstance(parameter, TyperArgument) and parameter.name == "arguments":
                parameter.help = "What the action takes, see below."
        self.epilog = "\n\n".join(f"[b]{_escaped(kind.usage)}[/b]: {kind.words}" for kind in kinds)
        super().format_help(ctx, formatter)


class GovernanceActionCommand(ActionCommand):
    """`alvh gov propose`."""

    def kinds(self) -> Iterable[ActionKind]:
        """Return what the DAO can be asked to do."""
        from bridge.governance.actions import GOVERNANCE_ACTIONS

        return GOVERNANCE_ACTIONS


class SafeActionCommand(ActionCommand):
    """`alvh safe propose`."""

    def kinds(self) -> Iterable[ActionKind]:
        """Return what a Safe can be asked to do."""
        from bridge.safe.actions import SAFE_ACTIONS

        return SAFE_ACTIONS


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
