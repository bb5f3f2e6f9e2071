"""The tables that the pages show of the ideas are what the commands print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bridge.market_files import BOOK, THREE_POOLS, calm_folder, write_quotes
from tests.e2e.command import Run

DOCS = Path(__file__).resolve().parents[2] / "docs"
SETTINGS = '[signals]\nfolder = "histories"\nleave_out = ["rate differential", "quick ratio"]\n'


def block(page: str, first: str) -> list[list[str]]:
    """Return the words of each line of the indented block that begins with a line."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"    {first}"))
    shown = []
    for line in lines[start:]:
        if not line.startswith("    "):
            break
        shown.append(line.split())
    return shown


def assert_printed(out: str, *blocks: list[list[str]]) -> None:
    printed = [line.split() for line in out.splitlines()]
    for shown in blocks:
        assert len(shown) > 2
        for words in shown:
            assert words in printed, words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "book.toml").write_text(THREE_POOLS, encoding="utf-8")
    write_quotes(tmp_path / "quotes.csv")
    return tmp_path


def test_valuation_page__blocks_of_exposure__are_what_it_prints(run: Run, folder: Path) -> None:
    out = run("exposure", "--book", "book.toml", "--chain", "quotes.csv").out
    assert_printed(out, *(block("valuation.md", first) for first in ("Price over cash flow", "Diversified, or")))


def test_valuation_page__blocks_of_plan__are_what_it_prints(run: Run, folder: Path) -> None:
    file = "\n".join(" ".join(words) for words in block("valuation.md", "[rules]"))
    tail = (DOCS / "valuation.md").read_text(encoding="utf-8").split("    [[asset]]\n")[1].split("\n\n")[0]
    screens = f'{file}\n[[asset]]\n{tail}\n[[asset]]\nsymbol = "BTC"\nsector = "money"\n'
    (folder / "screens.toml").write_text(screens.replace("asset_cap = 0.25", "asset_cap = 0.3"), encoding="utf-8")
    out = run("plan", "--book", "book.toml", "--chain", "quotes.csv", "--screens", "screens.toml").out
    firsts = ("Price over expected pay-off", "Hold or move", "Exposure that the screens allow")
    assert_printed(out, *(block("valuation.md", first) for first in firsts))


def test_layers_page__block_of_the_promoter__is_what_it_prints(run: Run, folder: Path) -> None:
    (folder / "book.toml").write_text(BOOK, encoding="utf-8")
    calm_folder(folder / "histories")
    (folder / "alvh.toml").write_text(SETTINGS, encoding="utf-8")
    out = run("plan", "--book", "book.toml", "--chain", "quotes.csv", "--as-promoter").out
    assert_printed(out, block("layers.md", "What they lead to"))


def test_valuation_page__block_of_the_tape__is_what_it_prints(run: Run, folder: Path, recorded: Path) -> None:
    import pandas as pd

    rows = pd.read_parquet(recorded / "pools" / "usdc_weth_3000_swaps_credmark_202108.parquet")
    rows = rows.sort_values("timestamp", kind="stable")
    prices, depth = 1e12 / 1.0001 ** rows["tick"], rows["liquidity"].astype(float) / 1e12
    tape = {"time": rows["timestamp"], "base_in": rows["amount1"], "quote_in": rows["amount0"]}
    pd.DataFrame({**tape, "price": prices, "liquidity": depth, "fee": 0.003}).to_parquet(folder / "swaps.parquet")
    out = run("exposure", "--book", "book.toml", "--chain", "quotes.csv", "--swaps", "swaps.parquet").out
    assert_printed(out, block("valuation.md", "Markouts of"))
