"""What commands leave on the machine is for its owner, and names to act on are whole."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.governance.brought import Action
from bridge.governance.governor import Proposal, distinct_ids
from bridge.governance.steward import read_pending_updates
from bridge.governance.updates import build_update
from bridge.local.world import World
from tests.bridge.steps import act_through_safe, parameters_call
from tests.e2e.command import Run


def test_state_folder__made_by_a_command__is_for_its_owner_alone(run: Run, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "fills.csv").write_text(
            "time,venue,id,kind,instrument,side,quantity,price,currency,fee,index\n"
            "2025-03-03 10:00:00,deribit,m1,transfer,,in,10,,ETH,,2000\n",
            encoding="utf-8",
        )
        done = run("hedge", "import", "fills.csv")
    finally:
        os.umask(before)
    assert done.code == 0, done
    assert stat.S_IMODE((tmp_path / ".alvh").stat().st_mode) == 0o700


def test_watch__update_of_the_steward__prints_the_whole_hash_to_veto(project: World, run: Run) -> None:
    update = build_update({13: 900}, project.chain.head().timestamp, 3 * 86_400, "0x" + "ab" * 32)
    act_through_safe(project, "steward", *parameters_call(project, "scheduleUpdate", update.argument()))
    (waiting,) = read_pending_updates(project.snapshot())
    assert f"`alvh safe propose veto {waiting.hash}`" in " ".join(run("watch", "--once").out.replace("¦", "").split())
    said = [alert["text"] for alert in run("watch", "--once", "--json").json()["alerts"] if alert["kind"] == "steward"]
    assert len(said) == 1
    assert waiting.hash in said[0]


def test_gov_list__ids_that_begin_alike__are_shown_as_long_as_tells_them_apart() -> None:
    first = Proposal(
        id=int("12345678901234567"), state="active", proposer="", action=Action((), (), (), ""), votes_against=0,
        votes_for=0, votes_abstain=0, quorum=0, vote_start=0, deadline=0, eta=0,
    )  # fmt: skip
    twin, other = replace(first, id=int("12345678901299999")), replace(first, id=int("99345678901234567"))
    assert distinct_ids([first, twin, other, first]) == [
        "1234567890123",
        "1234567890129",
        "9934567890",
        "1234567890123",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_safe_sign__what_is_signed_cannot_be_shown__nothing_is_signed(project: World, run: Run, tmp_path: Path) -> None:
    assert run("safe", "propose", "pause", "--out", "pause.json").code == 0
    before = (tmp_path / "pause.json").read_bytes()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bridge", "safe", "sign", "pause.json", "--as", "guardian-1"],
            cwd=tmp_path, env=dict(os.environ), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "error: the output cannot be written: No space left on device\n")
    assert (tmp_path / "pause.json").read_bytes() == before
    assert project.deployment.address("guardian") in run("safe", "sign", "pause.json", "--as", "guardian-1").out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_json__output_is_full__is_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bridge", "doctor", "--json"],
            cwd=tmp_path, env=dict(os.environ), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "error: the output cannot be written: No space left on device\n")


LONG = "x" * 300


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--book", "b.toml", "--chain", LONG),
        ("plan", "--book", "b.toml", "--chain", "b.toml", "--screens", LONG),
        ("plan", "--book", "b.toml", "--chain", "b.toml", "--signals", LONG),
        ("hedge", "import", LONG),
    ],
)
def test_command__name_that_no_disk_takes__is_said_of_the_file_and_not_of_the_output(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "b.toml").write_text('[[position]]\nbase = "ETH"\nvalue_usd = 1e6\nfee_apr = 0.1\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bridge", *words],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "the output cannot be written" not in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor__state_folder_that_cannot_be_looked_at__is_a_row_of_its_answer(tmp_path: Path) -> None:
    (tmp_path / "alvh.toml").write_text(f'state = "{LONG}"\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "doctor"],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "state folder" in done.stdout
    assert "Python" in done.stdout
