"""The pages that teach, as programs: each line of tutorial and how-to is typed here, on a local chain."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.chain.signers import keystore_signer
from bridge.governance.governor import list_proposals
from bridge.local.world import World
from tests.e2e.command import Done, Run

pytestmark = [pytest.mark.e2e, pytest.mark.chain]

DOCS = Path(__file__).resolve().parents[2] / "docs"
PREPARED = ("make demo", ". .venv/bin/activate", "alvh up")
"""Lines that are not typed: the demo is a test of its own, and a built world stands for `alvh up`."""


def typed(page: str) -> list[str]:
    """Return every line of a page's console blocks."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [line.removeprefix("$ ") for line in "".join(blocks).splitlines()]


def script(page: str) -> str:
    """Return a page's one block of Python."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return str(block)


def play(page: str, run: Run, world: World) -> list[tuple[str, Done]]:
    """Type a page's lines in order; the newest proposal stands for `$PROPOSAL`."""
    done = []
    for line in typed(page):
        if line in PREPARED:
            continue
        if "$PROPOSAL" in line:
            line = line.replace("$PROPOSAL", str(list_proposals(world.snapshot())[-1].id)[:12])
        words = shlex.split(line)
        assert words[0] == "alvh", line
        done.append((line, run(*words[1:])))
    return done


def outcomes(done: list[tuple[str, Done]], command: str) -> list[Done]:
    """Return what each line that begins with a command left behind."""
    return [one for line, one in done if line.startswith(command)]


def test_tutorial__typed_line_by_line__carries_a_plan_through_a_vote_and_sees_the_crash(
    run: Run, project: World, tmp_path: Path
) -> None:
    done = play("tutorial", run, project)
    looks = outcomes(done, "alvh watch")
    assert [(line, one.err) for line, one in done if one.code != 0 and "watch" not in line] == []
    assert "<svg" in (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert list_proposals(project.snapshot())[-1].state == "executed"
    assert looks[0].code == 1
    assert "stale" in looks[0].out
    assert "stale" not in "".join(line for line in looks[1].out.splitlines() if line.startswith("alert"))
    assert "alert drift" in looks[2].out


def test_first_proposal__typed_line_by_line__is_one_proposal_that_voters_can_read(run: Run, project: World) -> None:
    done = play("first-proposal", run, project)
    assert [(line, one.err) for line, one in done if one.code != 0 and "doctor" not in line] == []
    assert len(list_proposals(project.snapshot())) == 1
    assert "applyUpdate" in outcomes(done, "alvh gov show")[0].out


def test_safe__typed_line_by_line__pauses_and_the_monitor_says_so(run: Run, project: World) -> None:
    done = play("safe", run, project)
    assert [(line, one.err) for line, one in done if one.code != 0 and "watch" not in line] == []
    assert "safeTxHash" in outcomes(done, "alvh safe propose")[0].out
    assert "guardian has paused" in outcomes(done, "alvh watch")[0].out


def test_keys__script_of_the_page__is_a_keystore_that_alvh_opens_and_nobody_else_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALVH_KEYSTORE_PASSWORD", "of this test")
    done = subprocess.run(
        [sys.executable, "-c", script("keys")], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    file = tmp_path / "operator.json"
    assert keystore_signer(file).address == done.stdout.strip()
    assert file.stat().st_mode & 0o077 == 0


def test_own_idea__script_and_lines_of_the_page__play_the_idea_beside_doing_nothing(tmp_path: Path) -> None:
    (tmp_path / "my_idea.py").write_text(script("own-idea"), encoding="utf-8")
    for line in typed("own-idea"):
        words = shlex.split(line)
        assert words[0] == "python", line
        done = subprocess.run(
            [sys.executable, *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "150"},
        )
        assert done.returncode == 0, done.stderr
        assert "far_puts" in done.stdout
    summary = (tmp_path / "far-puts" / "summary.json").read_text(encoding="utf-8")
    assert {"far_puts", "unhedged"} <= set(re.findall(r"\w+", json.dumps(json.loads(summary))))
