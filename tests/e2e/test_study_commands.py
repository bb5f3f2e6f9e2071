"""`alvh backtest` and `alvh simulate` as a user runs them: files, JSON, resuming, refusals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.study.results import read_results
from tests.e2e.command import Done, fresh

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("study")]

SHORT = ("backtest", "--start", "2018-09-01", "--strategy", "daily_delta", "--strategy", "index_calls")


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """Play half a year of the built-in study once."""
    folder = tmp_path_factory.mktemp("study")
    return folder, fresh(folder, [*SHORT, "--json", "--out", "out"], {})


def test_backtest__nothing_but_its_package__ends_with_figures_and_a_page(studied: tuple[Path, Done]) -> None:
    folder, done = studied
    assert done.code == 0, done.err
    found = done.json()
    assert [one["strategy"] for one in found["strategies"]] == ["unhedged", "daily_delta", "index_calls"]
    alone, daily, _ = found["strategies"]
    assert 0.0 < daily["cvar95"] < 0.4 * alone["cvar95"]
    assert alone["intervals"]["cvar95"]["weeks"] == alone["weeks"]
    assert found["problems"]["impossible prices"] > 0
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "daily_delta" in page
    assert "http" not in page.replace("http-equiv", "")


def test_backtest__entries_on_the_disk__add_up_to_the_equity(studied: tuple[Path, Done]) -> None:
    results = read_results(studied[0] / "out")
    for key in results.keys:
        steps, entries = results.frame(key, "steps"), results.frame(key, "entries")
        equity = 1e6 + steps["flows"].sum() + entries["usd"].sum()
        assert equity == pytest.approx(steps["equity"].iloc[-1], abs=1e-3)


def test_backtest__run_again__goes_on_where_it_was(studied: tuple[Path, Done]) -> None:
    folder = studied[0]
    before = (folder / "out" / "summary.json").read_bytes()
    again = fresh(folder, [*SHORT, "--out", "out"], {})
    assert again.code == 0, again.err
    assert "3 of 3 runs are done already" in again.err
    assert (folder / "out" / "summary.json").read_bytes() == before
    assert "kept in out" in again.out
    other = fresh(folder, ["backtest", "--start", "2018-07-01", "--strategy", "daily_delta", "--out", "out"], {})
    assert other.code == 2
    assert "setting start" in other.err
    assert len(other.err.splitlines()) == 1


def test_backtest__killed_half_way__has_the_same_results_in_the_end(studied: tuple[Path, Done], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge", *SHORT, "--out", "out", "--workers", "1", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        records, until = tmp_path / "out" / "records.jsonl", time.monotonic() + 240
        while time.monotonic() < until and not (records.exists() and records.read_bytes()):
            time.sleep(0.02)
        os.kill(running.pid, signal.SIGKILL)
    done = fresh(tmp_path, [*SHORT, "--out", "out", "--json"], {})
    assert done.code == 0, done.err
    whole, ours = studied[1].json(), done.json()
    assert {**ours, "folder": "", "report": ""} == {**whole, "folder": "", "report": ""}


def test_backtest__interrupted__says_what_stays_and_how_to_go_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge", "backtest", "--out", "out", "--workers", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as running:
        records, until = tmp_path / "out" / "records.jsonl", time.monotonic() + 60
        while time.monotonic() < until and not (records.exists() and records.read_bytes()):
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "what is done stays in out: the same command goes on from there" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--market", "nowhere"), 2, "no market 'nowhere'"),
        (("--strategy", "magic"), 2, "no strategy 'magic'"),
        (("--start", "2018-13-01"), 2, "start"),
        (("--start", "2018-06-01", "--end", "2018-05-01"), 2, "must be after start"),
        (("--start", "2030-01-01"), 2, "widen them"),
        (("--capital", "nan"), 2, "capital_usd"),
        (("--market", "deribit", "--data", "absent"), 2, "no folder absent"),
        (("--cluster", "tcp://127.0.0.1:1"), 2, "no Dask scheduler answers"),
    ],
)
def test_backtest__bad_flags__are_one_line(flags: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    done = fresh(tmp_path, ["backtest", *flags, "--out", "out"], {"ALVH_DATA": ""})
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_backtest__settings_file__is_read_and_a_wrong_key_named(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text('start = "2018-11-01"\nstrategies = ["weekly_delta"]\n[pool]\nfee_apr = 0.3\n')
    done = fresh(tmp_path, ["backtest", "--settings", "study.toml", "--json", "--out", "out"], {})
    assert done.code == 0, done.err
    found = done.json()
    assert found["settings"]["pool"]["fee_apr"] == 0.3
    kinds = {row["kind"] for row in found["strategies"][0]["attribution"]}
    assert "pool fees" in kinds
    path.write_text("[pool]\nfee_arp = 0.3\n")
    wrong = fresh(tmp_path, ["backtest", "--settings", "study.toml"], {})
    assert wrong.code == 2
    assert "pool.fee_arp" in wrong.err


def test_backtest__list__names_markets_and_strategies(tmp_path: Path) -> None:
    done = fresh(tmp_path, ["backtest", "--list", "--json"], {})
    found = done.json()
    assert {"shares", "deribit", "modelled", "pools"} <= {name for name, _ in found["markets"]}
    names = {name for name, _ in found["strategies"]}
    assert {"unhedged", "hold_50_50", "static_delta", "weekly_delta", "daily_delta", "strip_7", "strip_30"} <= names
    assert {"strip_30_delta", "plan", "plan_4_weeks", "steward", "promoter", "diversify"} <= names
    assert {"index_calls", "only_condor", "only_tail", "only_volatility", "without_tail"} <= names


def test_simulate__one_and_two_workers__have_the_same_bits(tmp_path: Path) -> None:
    flags = ["simulate", "--paths", "60000", "--days", "7", "--json"]
    found = []
    for workers in ("1", "2"):
        done = fresh(tmp_path, [*flags, "--workers", workers, "--out", workers], {})
        assert done.code == 0, done.err
        found.append({name: value for name, value in done.json().items() if name not in ("folder", "report")})
        assert (tmp_path / workers / "report.html").is_file()
    assert found[0] == found[1]
    assert json.dumps(found[0], allow_nan=False)


def test_simulate__model_of_history__draws_from_the_market(tmp_path: Path) -> None:
    done = fresh(tmp_path, ["simulate", "--model", "filtered", "--paths", "5000", "--json", "--out", "out"], {})
    assert done.code == 0, done.err
    found = done.json()
    assert 0.05 < found["implied_vol"] < 0.3
    assert "arch/sp500/sp500.csv.gz" in found["files"]
    wrong = fresh(tmp_path, ["simulate", "--model", "magic"], {})
    assert wrong.code == 2
    assert len(wrong.err.strip().splitlines()) == 1
