"""What `alvh safe` shows of both Safes, refuses of another chain, and lets anyone try without a key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bridge.deploy.seats import role
from bridge.local.accounts import accounts
from bridge.local.world import World
from bridge.safe.records import load_safe_record
from tests.bridge.steps import act_as, parameters_call
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error


def test_safe_show__steward_that_lost_its_role__is_told_from_the_guardian(run: Run, project: World) -> None:
    both = run("safe", "show", "--json").json()
    for name in ("guardian", "steward"):
        safe, owners = project.deployment.address(name), [owner.address for owner in accounts(name)]
        told = both[name]
        assert (told["address"], sorted(told["owners"]), told["threshold"]) == (safe, sorted(owners), 2)
        assert (told["nonce"], told["holds_role"]) == (0, True)
    steward = project.deployment.address("steward")
    act_as(
        project,
        project.deployment.address("HedgeTimelock"),
        *parameters_call(project, "revokeRole", role("STEWARD_ROLE"), steward),
    )
    both = run("safe", "show", "--json").json()
    assert {name: safe["holds_role"] for name, safe in both.items()} == {"guardian": True, "steward": False}
    shown = run("safe", "show").out
    (line,) = (line for line in shown.splitlines() if accounts("steward")[0].address in line)
    assert line.split()[:6] == ["steward", steward, "2", "of", str(len(both["steward"]["owners"])), "0"]
    assert line.split()[6] == "NO"
    assert " yes " in next(line for line in shown.splitlines() if line.startswith("guardian"))


def test_safe_execute__file_of_another_chain__is_refused_by_its_number(
    run: Run, project: World, tmp_path: Path
) -> None:
    assert run("safe", "propose", "pause", "--out", "pause.json").code == 0
    record = load_safe_record(tmp_path / "pause.json")
    replace(record, transaction=replace(record.transaction, chain_id=5)).save(tmp_path / "other.json")
    for words in (("sign", "other.json", "--as", "guardian-1"), ("execute", "other.json")):
        assert_one_line_error(run("safe", *words), 2, "other.json", "is for chain 5, the node serves 31337")


def test_safe_create__without_a_key__says_where_it_would_be(run: Run, project: World) -> None:
    owners = [owner.address for owner in accounts("guardian")]
    dry = run("safe", "create", *owners, "--salt", "7")
    assert (dry.code, dry.err) == (0, "")
    assert dry.out.startswith(f"a Safe of 2 of {len(owners)} owners would be 0x")
    assert dry.out.endswith(": not sent, --send creates it\n")
    made = run("safe", "create", *owners, "--salt", "7", "--as", "outsider", "--send", "--json").json()
    assert made["safe"] in dry.out
    assert project.snapshot().has_code(made["safe"])
