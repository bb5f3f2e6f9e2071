"""Nothing is shown, kept, signed or sent of a block that was replaced while it was read; each command on two chains."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.config import Config
from bridge.local.accounts import account, accounts
from bridge.local.anvil import advance_time
from bridge.local.rounds import submit_rounds
from bridge.local.world import World
from bridge.safe.multisig import build_safe_transaction
from bridge.safe.records import SafeRecord
from bridge.sources.oracle import build_report, report_json, sign_report
from tests.bridge.lying_node import lying_node
from tests.bridge.reorganising_node import READ, reorganising_node
from tests.bridge.steps import TERMS, carried_action, parameters_call, trade
from tests.bridge.test_regime_table import changed, table_of_the_docs
from tests.e2e.command import Run
from tests.e2e.places import ELSEWHERE, Place, placed, through
from tests.e2e.test_commands import assert_one_line_error
from tests.e2e.test_made_up import quotes

SAID = "nothing was used, run it again"
SIGNERS = ("set-signers", "ETH", "3", *(signer.address for signer in accounts("reporter")))
REPORT = ("oracle", "sign", "ETH", "--chain", "quotes.csv")


def left_by(place: Place, folder: Path, *words: str, role: str = "", confirmed: int = 0, reads: int = 1) -> list[str]:
    """Run a command through a node that replaces the block between its reads; return what was sent or left in files.

    It must end with the one line that says so, and show nothing.
    """
    before = written(folder)
    with reorganising_node(place.world.chain, confirmed, reads) as node:
        with through(place, folder, node):
            done = place.run(*words, role=role)
        assert_one_line_error(done, 1, SAID)
        assert done.out == ""
        sent = [str(asked) for asked in node.asked("eth_sendRawTransaction")]
    after = written(folder)
    return sent + [file for file in before.keys() | after.keys() if before.get(file) != after.get(file)]


def left_at_the_end(place: Place, folder: Path, *words: str, role: str = "") -> list[str]:
    """Return the same where the block goes after the last read of all: nothing may be read once it was confirmed."""
    kept = written(folder)
    with lying_node(place.world.chain.url) as node, through(place, folder, node):
        assert place.run(*words, role=role).code == 0
    for file in written(folder).keys() - kept.keys():
        Path(file).unlink()
    return left_by(place, folder, *words, role=role, reads=len(node.asked(READ)))


def written(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.name != "alvh.toml"}


@pytest.mark.parametrize(
    "words",
    [
        ("exposure", "--json"), ("plan", "--json", "--report", "plan.html"), ("oracle", "quote", "--json"),
        ("oracle", "status", "--json"), ("safe", "show"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_look__block_replaced_after_the_last_read__is_not_shown_and_nothing_is_kept(
    place: Place, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert left_at_the_end(place, tmp_path, *words) == []


def test_gov_list_and_show__block_replaced_after_the_last_read__are_not_shown(place: Place, tmp_path: Path) -> None:
    number = str(place.sent("gov", "propose", *SIGNERS, role="operator")["proposal"])
    for words in (("list",), ("show", number)):
        assert left_at_the_end(place, tmp_path, "gov", *words) == []


@pytest.mark.parametrize("confirmed", [0, 1])
def test_sign__block_replaced_before_or_after_the_quotes_are_read__nothing_is_signed(
    place: Place, tmp_path: Path, confirmed: int
) -> None:
    quotes(place.world, tmp_path)
    assert left_by(place, tmp_path, *REPORT, role="reporter-1", confirmed=confirmed) == []
    assert not (tmp_path / ".alvh" / "reports").exists()


def test_submit__block_replaced_while_it_is_rehearsed__nothing_is_sent(place: Place, tmp_path: Path) -> None:
    report = build_report(place.world.snapshot(), "ETH", 72_000_000, "file q.csv", "file")
    signed = [report_json(sign_report(report, reporter)) for reporter in accounts("reporter")[:3]]
    (tmp_path / "reports.json").write_text(json.dumps(signed), encoding="utf-8")
    assert left_by(place, tmp_path, "oracle", "submit", "reports.json", "--send", role="operator") == []
    assert place.sent("oracle", "submit", "reports.json", role="operator")["sent"] is True


def test_propose__block_replaced_while_the_plan_is_checked__nothing_is_sent(place: Place, tmp_path: Path) -> None:
    assert place.run("plan", "--chain", quotes(place.world, tmp_path)).code == 0
    assert left_by(place, tmp_path, "propose", "--send", role="operator") == []
    assert left_at_the_end(place, tmp_path, "propose", role="operator") == []


@pytest.mark.parametrize("words", [("propose", "--send"), ("safe", "propose", "schedule")], ids=" ".join)
def test_propose__block_of_the_plan_is_gone__nothing_is_sent_or_written(
    place: Place, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = place.world.chain.request("evm_snapshot")
    place.pass_time(10)
    assert place.run("plan", "--chain", quotes(place.world, tmp_path)).code == 0
    place.world.chain.request("evm_revert", before)
    place.pass_time(11)
    kept, head = written(tmp_path), place.world.chain.head()
    assert_one_line_error(place.run(*words, role="operator"), 1, SAID)
    assert (written(tmp_path), place.world.chain.head()) == (kept, head)


def test_gov_propose__block_replaced_while_the_action_is_simulated__nothing_is_sent(
    place: Place, tmp_path: Path
) -> None:
    assert left_by(place, tmp_path, "gov", "propose", *SIGNERS, "--send", role="operator") == []
    assert left_at_the_end(place, tmp_path, "gov", "propose", *SIGNERS, role="operator") == []
    place.sent("gov", "propose", *SIGNERS, role="operator")
    assert left_at_the_end(place, tmp_path, "gov", "propose", *SIGNERS, role="operator") == []


def test_gov_step__block_replaced_while_it_is_rehearsed__nothing_is_sent(place: Place, tmp_path: Path) -> None:
    number = str(place.sent("gov", "propose", *SIGNERS, role="operator")["proposal"])
    assert left_by(place, tmp_path, "gov", "cancel", number, "--send", role="operator") == []
    place.pass_time(TERMS.voting_delay + 1)
    assert left_by(place, tmp_path, "gov", "vote", number, "for", "--send", role="voter-1") == []
    for voter in ("voter-1", "voter-2"):
        place.sent("gov", "vote", number, "for", role=voter)
    for step, seconds in (("queue", TERMS.voting_period + 1), ("execute", TERMS.timelock_delay + 1)):
        place.pass_time(seconds)
        assert left_by(place, tmp_path, "gov", step, number, "--send", role="outsider") == []
        place.sent("gov", step, number, role="outsider")


def test_safe__block_replaced_while_the_call_is_rehearsed__nothing_is_written_or_sent(
    place: Place, tmp_path: Path
) -> None:
    assert left_by(place, tmp_path, "safe", "propose", "pause") == []
    world = place.world
    made = build_safe_transaction(
        world.snapshot(), world.deployment.address("guardian"), parameters_call(world, "pause")
    )
    record = SafeRecord("pause", made, {})
    for owner in ("guardian-1", "guardian-2"):
        record = record.signed(account(owner))
    file = str(record.save(tmp_path / "pause.json"))
    assert left_by(place, tmp_path, "safe", "execute", file, "--send", role="operator") == []
    assert place.sent("safe", "execute", file, role="operator")["sent"] is True


def test_apply_row__block_replaced_while_it_is_rehearsed__nothing_is_sent(
    world: World, tmp_path: Path, run: Run
) -> None:
    trade(world, [1.01, 1.0, 1.01, 1.0])
    carried_action(world, "set-table", changed(table_of_the_docs(tmp_path), "floor = 0.8", "floor = 0.5"))
    trade(world, [1.01, 1.0] * 12)
    for _ in range(4):
        advance_time(world.chain, 3600)
        submit_rounds(world.snapshot(), Config())
    for chain_id in (ELSEWHERE, LOCAL_CHAIN_ID):
        with placed(world, chain_id, tmp_path, run) as place:
            assert left_by(place, tmp_path, "gov", "apply-row", "--send", role="outsider") == []
    with placed(world, ELSEWHERE, tmp_path, run) as place:
        assert place.sent("gov", "apply-row", role="outsider")["row"] == 1
