"""`alvh gov verify` and `gov roles`: what a voter can prove without trusting anyone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import BlockOption, ConfigOption, JsonOption, OwnerOption, open_session, print_json, say
from bridge.cli.gov import app

if TYPE_CHECKING:
    from bridge.deploy.seats import Seat
    from bridge.governance.verify import Check, Outcome


@app.command()
def verify(
    wanted: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROPOSAL]",
            help="First digits of a proposal's id, or of the 0x hash of an update that the steward announced; latest; "
            "the only open proposal where none is named.",
            show_default=False,
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(help="The plan's inputs, as the proposer published them; default: those kept on this machine."),
    ] = None,
    owner: OwnerOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make the plan behind a proposal, or behind a steward's update, again from its published inputs, and compare.

    Nothing that the proposer says is believed: hash, changes, calls and text must be the plan's, and the plan that of
    your DAO's book (--owner, book.owner in alvh.toml, or the deployment's): anybody can plan a book of his own. The
    block, the book, the prices, the volatilities and the parameters are asked of your own node; quotes, histories and
    what is held at venues are in the file, and named. Ends with 1 where anything differs, or could not be compared. A
    proposer finds the file in the state folder: .alvh/inputs/HASH.json.

    Examples: alvh gov verify 8123 --inputs inputs.json; alvh gov verify 0x5d1e... --inputs inputs.json --json
    """
    from bridge.governance.chosen import chosen_proposal
    from bridge.governance.steward import find_pending_update
    from bridge.governance.verify import Outcome, proposed_update, verdict, verify_proposal, verify_update
    from bridge.plans.published import inputs_path, remake

    session = open_session(config, kept=False)
    snapshot, terms, whose = session.snapshot(), session.config.book, session.owner(owner)
    announced = wanted if wanted and wanted.startswith("0x") else None
    proposal = None if announced else chosen_proposal(snapshot, wanted, certain=False)
    update = proposed_update(snapshot, proposal) if proposal else find_pending_update(snapshot, announced or "").update
    made = (remake(inputs or inputs_path(session.config.state, update.inputs_hash)), whose, terms)
    checks = verify_proposal(snapshot, proposal, *made) if proposal else verify_update(snapshot, update, *made)
    snapshot.confirm()
    found = verdict(checks)
    named = {"proposal": str(proposal.id), "state": proposal.state} if proposal else {"update": wanted}
    if as_json:
        print_json(named | {"verified": found is Outcome.SAME, "checks": [check._asdict() for check in checks]})
    else:
        _print_checks(checks, found)
    if found is not Outcome.SAME:
        raise typer.Exit(1)


def _print_checks(checks: Sequence[Check], found: Outcome) -> None:
    from bridge.cli.show import console
    from bridge.governance.verify import Outcome

    wide = [max(len(check[column]) for check in checks) for column in (0, 1)]
    for what, outcome, words in checks:
        console().print(f"{what:{wide[0]}}  {outcome:{wide[1]}}  {words}", markup=False, soft_wrap=True)
    said = {
        Outcome.SAME: "it is what this plan calls for",
        Outcome.DIFFERENT: "IT IS NOT WHAT THIS PLAN CALLS FOR",
        Outcome.UNKNOWN: "NOT PROVEN: ask a node that still has the state of the plan's block",
    }
    say(said[found])


@app.command()
def roles(block: BlockOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show who holds every role and seat, and whether it is who should: roles, owners, reporters, what each part reads.

    Roles are replayed from the contracts' events; one that foreign creation code stored without an event is not seen.
    Ends with 1 where anyone else holds one.

    Example: alvh gov roles
    """
    from bridge.cli.show import console, table
    from bridge.deploy.code import code_findings
    from bridge.deploy.seats import deployment_seats

    session = open_session(config, kept=False)
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
                "right": None if seat.wanted is None else seat.right,
            }
            for seat in seats
        ]
        print_json({"block": snapshot.block.number, "right": right, "code": strange, "seats": rows})
    else:
        for line in strange:
            say(f"NOT OUR CODE, whatever it answers: {line}")
        shown = [[seat.what, _holders(seat.held, names), _judged(seat, names)] for seat in seats]
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
