"""`alvh hedge list` beside positions: orders of a plan, returns at quotes, one view at a time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bridge.config import Config
from bridge.ledger.place import ledger_address
from bridge.ledger.store import open_store
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord, newest_record
from bridge.units import utc
from tests.bridge.market_files import AT, write_quotes
from tests.bridge.test_watch_ledger import fills
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

LIST = ("hedge", "list")


@pytest.fixture
def bought(run: Run, project: World, tmp_path: Path) -> PlanRecord:
    """Return a plan on record, whose first order is in the ledger."""
    assert run("plan", "--json").code == 0
    record = newest_record(tmp_path / ".alvh")
    with open_store(ledger_address(Config(state=tmp_path / ".alvh"))) as store:
        store.append(fills(record)[:1])
    return record


def test_plan__beside_a_ledger__says_what_is_held(run: Run, project: World, bought: PlanRecord) -> None:
    advance_time(project.chain, 60)
    assert "held: 1 instrument by book main of the ledger, 1 entries" in run("plan").out
    assert bought.plan["trades"]


def test_list_plan__one_order_done__says_how_many_are_done_and_left(run: Run, bought: PlanRecord) -> None:
    count = len(bought.plan["trades"])
    shown = run(*LIST, "--plan", "newest").out
    assert shown.startswith(f"Orders of plan {bought.inputs_hash[:18]}, by book main of the ledger")
    assert shown.endswith(f"\n1 of {count} done, {count - 1} left\n")
    told = run(*LIST, "--plan", bought.inputs_hash[:10].upper().replace("0X", "0x"), "--json").json()
    assert (told["plan"], told["book"]) == (bought.inputs_hash, "main")
    assert [order["left"] > 0 for order in told["orders"]] == [False] + [True] * (count - 1)


def test_list_plan__hash_of_none_of_many_or_no_hash__is_one_line(run: Run, bought: PlanRecord, tmp_path: Path) -> None:
    plans = tmp_path / ".alvh" / "plans"
    shutil.copy(plans / f"{bought.inputs_hash}.json", plans / f"{bought.inputs_hash[:-1]}.json")
    assert_one_line_error(run(*LIST, "--plan", bought.inputs_hash[:10]), 2, "2 plans begin so; give more of the hash")
    for words in ("*", "0x*", "0xffff", "../plans/0"):
        assert_one_line_error(run(*LIST, "--plan", words), 2, "holds no such plan")
    assert_one_line_error(
        run(*LIST, "--plan", "newest", "--book", "other"),
        2,
        "book other of the ledger has no fills: `alvh hedge import",
    )


@pytest.mark.parametrize(
    "flags",
    [
        ("--returns", "--plan", "newest"), ("--returns", "--fills"), ("--plan", "newest", "--fills"),
        ("--returns", "--csv"), ("--plan", "newest", "--csv"), ("--returns", "--plan", "newest", "--fills"),
    ],
)  # fmt: skip
def test_list__two_views_at_once__are_refused(run: Run, flags: tuple[str, ...]) -> None:
    assert_one_line_error(run(*LIST, *flags), 2, "are one at a time, and --csv goes with none of the first two")


PUT = "ETH-27MAR26-2000-P"


@pytest.fixture
def quoted(run: Run, tmp_path: Path) -> None:
    """Write quotes, and record an option and a perpetual that were bought an hour before."""
    write_quotes(tmp_path / "quotes.csv")
    record = ("hedge", "record", "--index", "2000", "--time", utc(AT - 3600).replace(" ", "T"))
    for words in (
        ("--instrument", PUT, "--side", "buy", "--quantity", "10", "--price", "0.03412394"),
        ("--instrument", "ETH-PERPETUAL", "--side", "sell", "--quantity", "4000", "--price", "2000"),
        ("--kind", "transfer", "--currency", "ETH", "--amount", "20"),
    ):
        assert run(*record, *words).code == 0


def at(seconds: int) -> tuple[str, str]:
    return "--at", utc(AT + seconds).replace(" ", "T")


def test_list_returns__option_and_perpetual_at_quotes__shows_marks_greeks_and_the_return(
    run: Run, quoted: None
) -> None:
    words = (*LIST, "--returns", "--chain", "quotes.csv", *at(0))
    told = run(*words, "--json").json()
    legs = {leg["instrument"]: leg for leg in told["held"]["legs"]}
    shown = run(*words).out
    rows = {line.split()[0]: line for line in shown.splitlines() if line.startswith("ETH-")}
    assert rows.keys() == legs.keys() == {PUT, "ETH-PERPETUAL"}
    assert rows["ETH-PERPETUAL"].split()[-1] == "-"
    assert float(rows[PUT].split()[-1]) > 10.0
    assert "What each layer covers, in USD" in shown
    assert rows["ETH-PERPETUAL"].split()[-2:] == ["-4,000", "-"]
    assert "Cash flows, in USD" in shown
    assert shown.rstrip().splitlines()[-1].strip()


def test_list_returns__quotes_older_than_the_flag_allows__are_refused(run: Run, quoted: None) -> None:
    words = (*LIST, "--returns", "--chain", "quotes.csv", *at(7_200))
    assert_one_line_error(run(*words, "--max-age", "60"), 1, "quotes.csv", "at most 60 s")
    assert run(*words, "--max-age", "7200").code == 0


def test_list__average_price__has_six_digits(run: Run, quoted: None) -> None:
    (row,) = (line for line in run(*LIST, *at(0)).out.splitlines() if line.startswith(PUT))
    assert row.split()[2:5] == ["0.0341239", "0.341239", "ETH"]


def test_correct__amount_of_funding__counts_the_new_one_alone(run: Run) -> None:
    done = run("hedge", "record", "--kind", "funding", "--instrument", "ETH-PERPETUAL", "--amount", "-0.25",
               "--index", "2000", "--json").json()  # fmt: skip
    (first,) = done["fills"]
    words = ("hedge", "correct", first["id"], "--amount", "-0.125", "--index", "1000", "--reason", "typed twice")
    assert run(*words).code == 0
    told = run(*LIST, "--json").json()
    assert [row["amount"] for row in told["cash"]] == ["-0.125"]
    assert [float(row["funding_usd"]) for row in told["positions"]] == [-125.0]


def test_propose__without_a_key__names_its_own_option(run: Run, project: World) -> None:
    assert run("plan", "--json").code == 0
    assert_one_line_error(run("propose"), 2, "no key to sign with", "for a dry run an address with --proposer")
    assert_one_line_error(run("gov", "delegate", project.deployment.address("lp")), 2, "an address with --from")
