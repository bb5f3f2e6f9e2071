"""The help of a command that takes an action by name: written from the registry when it is asked for, not before."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand

if TYPE_CHECKING:
    from bridge.action_kinds import ActionKind


class ActionCommand(TyperCommand):
    """A command whose first argument names an entry of a registry."""

    @abstractmethod
    def kinds(self) -> Mapping[str, ActionKind]:
        """Return the registry; it is imported here, so that other help does not wait for it."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with the names of the actions and a line for each."""
        kinds = self.kinds()
        for parameter in self.params:
            if isinstance(parameter, TyperArgument) and parameter.name == "action":
                parameter.help = ", ".join(kinds)
            elif isinstance(parameter, TyperArgument) and parameter.name == "arguments":
                parameter.help = "What the action takes, see below."
        self.epilog = "\n\n".join(f"[b]{_escaped(kind.usage)}[/b]: {kind.words}" for kind in kinds.values())
        super().format_help(ctx, formatter)


class GovernanceActionCommand(ActionCommand):
    """`alvh gov propose`."""

    def kinds(self) -> Mapping[str, ActionKind]:
        """Return what the DAO can be asked to do."""
        from bridge.governance.actions import GOVERNANCE_ACTIONS

        return GOVERNANCE_ACTIONS


class SafeActionCommand(ActionCommand):
    """`alvh safe propose`."""

    def kinds(self) -> Mapping[str, ActionKind]:
        """Return what a Safe can be asked to do."""
        from bridge.safe.actions import SAFE_ACTIONS

        return SAFE_ACTIONS


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
