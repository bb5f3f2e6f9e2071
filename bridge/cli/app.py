"""The command tree. Commands import what they need when they run, so that `alvh --help` starts at once."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge import __version__
from bridge.cli import book, dao, gov, local, monitor, oracle, planning, safe
from bridge.cli.action_help import GovernanceActionCommand

app = typer.Typer(
    name="alvh",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Layered volatility hedges for AMM liquidity providers, governed by a DAO.\n\n"
    "The loop: [b]exposure[/b] -> [b]oracle[/b] -> [b]plan[/b] -> [b]propose[/b] -> [b]gov[/b] -> [b]watch[/b]. "
    "[b]up[/b] gives a local chain to try it on, [b]demo[/b] runs the whole loop once.",
    epilog="Educational software, no financial advice: options can lose all that is paid for them and more.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"alvh {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


app.command("up")(local.up)
app.command("demo")(local.demo)
app.command("exposure")(book.exposure)
app.add_typer(oracle.app, name="oracle")
app.command("plan")(planning.plan)
app.command("propose")(planning.propose)
gov.app.command(cls=GovernanceActionCommand)(dao.propose)
for command in (dao.delegate, dao.apply_row, dao.trip, dao.unstick):
    gov.app.command()(command)
app.add_typer(gov.app, name="gov")
app.add_typer(safe.app, name="safe")
app.command("watch")(monitor.watch)
app.command("doctor")(local.doctor)
