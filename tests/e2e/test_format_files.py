"""docs/formats.md: the small file of each format is read by the real command, as CSV, parquet or JSON."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bridge.local.anvil import free_port

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "data"
PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def said(folder: Path, *words: str) -> dict[str, Any]:
    """Return what a command answers as JSON, run in a folder of its own."""
    command = [sys.executable, "-m", "bridge", *words, "--json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def planned(folder: Path, chain: Path, *more: str) -> dict[str, Any]:
    return said(folder, "plan", "--book", str(DATA / "book.toml"), "--chain", str(chain), "--at", "2026-02-02", *more)


def test_plan__book_chain_holdings_and_histories__are_read_with_their_units(tmp_path: Path) -> None:
    holdings, signals = str(DATA / "holdings.csv"), str(DATA / "signals")
    found = planned(tmp_path, DATA / "chain.csv", "--holdings", holdings, "--signals", signals)
    text = json.dumps(found)
    exposure = found.get("plan", found)["exposure"]
    assert exposure["value_usd"] == pytest.approx(1_250_000.0, rel=1e-9)
    assert "ETH-27FEB26-2600-P" in text
    assert "simulated, seed 7" in text


def test_plan__chain_as_parquet__gives_the_plan_of_the_csv(tmp_path: Path) -> None:
    pd.read_csv(DATA / "chain.csv").to_parquet(tmp_path / "chain.parquet")
    plans = [planned(tmp_path, chain) for chain in (DATA / "chain.csv", tmp_path / "chain.parquet")]
    trades = [plan.get("plan", plan)["trades"] for plan in plans]
    assert trades[0] == trades[1]
    assert trades[0]


def test_import__fills_as_csv_and_json__are_the_same_entries(tmp_path: Path) -> None:
    listed = []
    for name in ("fills.csv", "fills.json"):
        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        said(folder, "hedge", "import", str(DATA / name))
        entries = said(folder, "hedge", "list")
        entries.pop("at_ms")
        listed.append(re.sub(r"[0-9a-f]{64}", "HASH", json.dumps(entries, sort_keys=True).replace(name, "FILE")))
    assert listed[0] == listed[1]
    assert "ETH-28MAR25-1800-P" in listed[0]


def test_import__log_of_the_venue__is_read(tmp_path: Path) -> None:
    found = json.dumps(
        said(tmp_path, "hedge", "import", str(DATA / "deribit_log.csv"), "--currency", "ETH", "--dry-run")
    )
    assert "deribit" in found


def test_up__prices_of_the_file__move_the_pools(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge", "up", "--json", "--port", str(free_port())]
    command += ["--prices", str(DATA / "prices.csv")]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        told = ""
        for line in running.stdout:
            told += line
            if line.startswith("}"):
                break
        assert "prices.csv" in json.loads(told)["prices"]
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=60)


def test_page__every_example_it_names__is_there_and_its_columns_are_on_the_page() -> None:
    named = set(re.findall(r"\]\(\.\./examples/data/([\w./]+)\)", PAGE))
    files = {path.relative_to(DATA).as_posix() for path in DATA.iterdir()}
    assert named == files
    for name in (
        "chain.csv",
        "holdings.csv",
        "prices.csv",
        "signals/price_ETH.csv",
        "signals/index_ETH.csv",
        "fills.csv",
    ):
        head = (DATA / name).read_text(encoding="utf-8").splitlines()[0].split(",")
        assert all(re.search(rf"\b{column}\b", PAGE) for column in head), name
