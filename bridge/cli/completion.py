"""`alvh completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    """Shells whose completion we print."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Whose completion.", show_default=False)]) -> None:
    """Print what lets bash, zsh or fish complete commands and options: eval "$(alvh completion bash)".

    Examples: alvh completion bash >> ~/.bashrc; alvh completion zsh >> ~/.zshrc;
    alvh completion fish > ~/.config/fish/completions/alvh.fish
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # Typer has no other way

    from bridge.cli.commands import COMPLETING

    typer.echo(get_completion_script(prog_name="alvh", complete_var=COMPLETING, shell=shell))
