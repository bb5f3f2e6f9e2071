"""`alvh gov verify` and `gov roles`: what a voter can prove without trusting anyone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import BlockOption, ConfigOption, JsonOption, open_session, print_json
from bridge.cli.gov import IdArgument, app, named_proposal

if TYPE_CHECKING:
    from bridge.deploy.seats import Seat


@app.command()
def verify(
    proposal: IdArgument,
    inputs: Annotated[
        Path | None,
        typer.Option(help="The plan's inputs, as the proposer published them; default: those kept on this machine."),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make the plan behind a proposal again, from its published inputs, and compare: hash, changes, calls, text, chain.

    Nothing that the proposer says is believed. The block, the book, the prices, the volatilities and the parameters are
    asked of your own node; quotes, histories and what is held at venues are in the file, and named. Ends with 1 where
    anything differs. A proposer finds the file beside the plan: .alvh/plans/HASH.inputs.json.

    Examples: alvh gov verify 8123 --inputs inputs.json; alvh gov verify 8123 --json
    """
    from bridge.governance.verify import Outcome, proposed_update, verify_proposal
    from bridge.plans.published import inputs_path, remake

    session = open_session(config)
    snapshot = session.snapshot()
    found = named_proposal(snapshot, proposal)
    update = proposed_update(snapshot, found)
    record = remake(inputs or inputs_path(session.config.state, update.inputs_hash))
    checks = verify_proposal(snapshot, found, record, session.config.book)
    snapshot.confirm()
    right = all(check.outcome is not Outcome.DIFFERENT for check in checks)
    if as_json:
        rows = [{"what": check.what, "outcome": str(check.outcome), "words": check.words} for check in checks]
        print_json({"proposal": str(found.id), "state": found.state, "verified": right, "checks": rows})
    else:
        _print_checks([(check.what, str(check.outcome), check.words) for check in checks])
        typer.echo(
            "the proposal is what this plan calls for" if right else "THE PROPOSAL IS NOT WHAT THIS PLAN CALLS FOR"
        )
    if not right:
        raise typer.Exit(1)


def _print_checks(rows: list[tuple[str, str, str]]) -> None:
    from bridge.cli.show import console

    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for what, outcome, words in rows:
        console().print(f"{what:{wide[0]}}  {outcome:{wide[1]}}  {words}", markup=False, soft_wrap=True)


@app.command()
def roles(block: BlockOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show who holds every role and seat, and whether it is who should: roles, owners, reporters, what each part reads.

    Roles are replayed from the contracts' events. Ends with 1 where anyone else holds one.

    Example: alvh gov roles
    """
    from bridge.cli.show import console, table
    from bridge.deploy.code import code_findings
    from bridge.deploy.seats import deployment_seats

    session = open_session(config)
    snapshot = session.snapshot(block)
    strange, seats = code_findings(snapshot), deployment_seats(snapshot)
    snapshot.confirm()
    right = not strange and all(seat.right for seat in seats)
    names = session.deployment.names()
    if as_json:
        rows: list[dict[str, Any]] = [
            {
                "what": seat.what,
                "held": sorted(seat.held),
                "wanted": None if seat.wanted is None else sorted(seat.wanted),
                "right": seat.right,
            }
            for seat in seats
        ]
        print_json({"block": snapshot.block.number, "right": right, "code": strange, "seats": rows})
    else:
        for line in strange:
            typer.echo(f"NOT OUR CODE, whatever it answers: {line}")
        shown = [
            [
                seat.what,
                _holders(seat.held, names),
                "yes" if seat.right else f"NO: {_holders(seat.wanted or (), names)}",
            ]
            for seat in seats
        ]
        title = f"Who holds what at block {snapshot.block.number}"
        console().print(table(title, ("role", "held by", "as it should be"), shown, left=3))
    if not right:
        raise typer.Exit(1)


def _judged(seat: Seat, names: Mapping[str, str]) -> str:
    """Say whether a seat is held by whom it should be; reporters are whoever the DAO chose."""
    if seat.wanted is None:
        return "not said"
    return "yes" if seat.right else f"NO: {_holders(seat.wanted, names)}"


def _holders(addresses: Collection[str], names: Mapping[str, str]) -> str:
    """Return holders by name and address."""
    return ", ".join(f"{names[each]} {each}" if each in names else each for each in sorted(addresses)) or "nobody"
