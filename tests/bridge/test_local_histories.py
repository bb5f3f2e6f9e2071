"""Simulated histories of a local chain: they say so, lead to its market, and are the same every time."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from bridge.local.histories import SEED, write_histories
from bridge.local.price_path import PricePath, simulated_path
from bridge.sources.histories.files import read_folder
from hedge.market import Provenance
from hedge.signals.board import read_board
from hedge.signals.histories import Histories
from hedge.signals.spec import signal_specs
from hedge.signals.specs.quick_ratio import QUICK_RATIO
from hedge.units import DAY

pytestmark = pytest.mark.unit

END = 1_769_821_810  # 2026-01-31 01:10 UTC
VOLS = {"ETH": 0.745, "BTC": 0.575}
WEIGHTS = {"BTC": 0.4, "ETH": 0.6}


@pytest.fixture(scope="module")
def path() -> PricePath:
    return simulated_path()


@pytest.fixture(scope="module")
def histories(path: PricePath, tmp_path_factory: pytest.TempPathFactory) -> Histories:
    return read_folder(write_histories(tmp_path_factory.mktemp("histories"), path, END, VOLS), END)


def test_write_histories__same_arguments__gives_the_same_bytes(path: PricePath, tmp_path: Path) -> None:
    first, second = (write_histories(tmp_path / name, path, END, VOLS) for name in ("one", "two"))
    for file in sorted(first.iterdir()):
        assert file.read_bytes() == (second / file.name).read_bytes()
    other = write_histories(tmp_path / "other", path, END, VOLS, SEED + 1)
    assert (other / "index_ETH.csv").read_bytes() != (first / "index_ETH.csv").read_bytes()


def test_write_histories__last_rows__are_the_market_of_the_chain(histories: Histories, path: PricePath) -> None:
    for asset, vol in VOLS.items():
        index = histories.column(f"index_{asset}", "close")
        assert index.iloc[-1] == pytest.approx(vol, rel=1e-6)
        assert END - DAY < index.index[-1] <= END
        closes = histories.column(f"price_{asset}", "close")
        assert np.isclose(closes.iloc[-1], path.prices[asset], rtol=1e-6).any()
        assert closes.min() > 0.0


def test_write_histories__read_by_the_board__lack_nothing_but_the_pool_and_say_simulated(histories: Histories) -> None:
    found = read_board(histories, WEIGHTS, END)
    assert [signal.name for signal in found] == [spec.name for spec in signal_specs() if spec.standard]
    assert {signal.name for signal in found if signal.missing or signal.stale(END)} == {QUICK_RATIO}
    told = [signal.source for signal in found if signal.name not in ("events", QUICK_RATIO)]
    assert all(f"simulated, seed {SEED}: no real market" in source for source in told)


def test_write_histories__any_of_the_files_alone__still_says_simulated(path: PricePath, tmp_path: Path) -> None:
    folder = write_histories(tmp_path / "whole", path, END, VOLS)
    (folder / "source.toml").unlink()
    assert read_folder(folder, END).provenance is Provenance.SIMULATED
    for file in sorted(folder.glob("*.csv")):
        alone = tmp_path / file.stem
        alone.mkdir()
        shutil.copy(file, alone)
        (alone / "source.toml").write_text('source = "a market"\nprovenance = "file"\n', encoding="utf-8")
        found = read_folder(alone, END)
        assert (found.provenance, found.origin) == (Provenance.SIMULATED, f"a market; {file.stem} says simulated")


def test_write_histories__any_later_end__has_no_row_of_the_future(path: PricePath, tmp_path: Path) -> None:
    for number, end in enumerate((END, END + 40 * DAY, END + 400 * DAY)):
        found = read_folder(write_histories(tmp_path / str(number), path, end, VOLS), end)
        dates = found.calendar()
        assert any(release.release_at > end for release in dates.releases)
        assert not math.isnan(read_board(found, WEIGHTS, end, use=["events"])[0].value)
