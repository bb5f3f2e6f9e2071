"""Tables in every width: nothing that is a number, a hash or an address is broken, and a pipe gets whole lines."""

from __future__ import annotations

import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bridge.cli.show import GOES_ON, Sheet, _Terminal, console, table

pytestmark = pytest.mark.unit
WIDTHS = (60, 80, 100, 120)
ADDRESS = "0xFa777fe477A4aD4f69851b4cd7201379393Cbb4b"
HASH = "0x" + "5e" * 32
PROPOSAL = "7" * 78
POSITIONS = table(
    "8 positions",
    ("id", "pool", "in range", "price", "value", "delta", "gamma 1 %", "fees/yr", "LVR/yr", "break-even vol"),
    [
        ["v3:4", "ETH/USD 0.3% v3", "yes", "2,850.6", "957,491", "187.7 ETH", "-15,009", "215,852", "404,375", "53.6%"],
        ["v3:9", "BTC/ETH 0.3% v3", "no", "28.0314", "448,929", "57.35 ETH", "-21,458", "138,001", "104,362", "-"],
    ],
    left=3,
)
TRADES = table(
    "Trades",
    ("do", "instrument", "units", "limit USD", "cash USD", "layer", "why"),
    [["buy", "BTC-13FEB26-80000-P", "2.8", "3,451.95", "9,733", "volatility", "volatility hedge: 13-day put at 100%"]]
    * 2,
    left=2,
)
PLACES = table("Deployed", ("what", "address", "transaction"), [["HedgeParameters", ADDRESS, HASH]], left=3)


def shown(sheet: Sheet | str, width: int) -> list[str]:
    """Return the lines of a terminal of so many columns."""
    made = io.StringIO()
    _Terminal(file=made, force_terminal=True, width=width, color_system=None, highlight=False).print(sheet)
    return made.getvalue().splitlines()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("sheet", [POSITIONS, TRADES, PLACES], ids=["positions", "trades", "places"])
def test_table__any_width__breaks_no_number_hash_or_address(sheet: Sheet, width: int) -> None:
    lines = shown(sheet, width)
    words = " ".join(lines).split()
    for row in sheet.rows:
        for value in row:
            assert set(value.split()) <= set(words), (value, lines)
    whole = [line for line in lines if HASH not in line]
    assert max(len(line.rstrip()) for line in whole) <= width


def test_table__that_fits__has_a_line_for_each_row_as_on_a_pipe() -> None:
    lines = [line.rstrip() for line in shown(TRADES, 140)]
    assert len(lines) == 4
    assert lines[1].startswith("do ")


def test_table__text_of_one_column_too_long__is_wrapped_between_words_below_its_column() -> None:
    lines = shown(TRADES, 100)
    assert len(lines) == 6
    assert lines[3].startswith(" " * 60)
    assert "13-day put" in " ".join(lines[2].split()) or "13-day put" in " ".join(lines[3].split())


def test_table__too_narrow__is_a_card_for_each_row_with_the_names_of_its_columns() -> None:
    lines = shown(POSITIONS, 80)
    assert [line for line in lines if not line.startswith("  ")] == ["8 positions", "v3:4", "v3:9"]
    assert sum("break-even vol" in line for line in lines) == 2
    assert len(lines) <= 1 + 2 * 6


def test_table__rows_that_begin_alike__are_called_by_two_columns() -> None:
    lines = shown(table("", ("asset", "layer", "x" * 50), [["ETH", "tail", "1"], ["ETH", "delta", "2"]], left=2), 40)
    assert "ETH  tail" in lines
    assert "ETH  delta" in lines


def test_table__without_rows__names_its_columns() -> None:
    assert shown(table("", ("a", "b" * 80), []), 60)[0].startswith("a  bbb")


@pytest.mark.parametrize("whole", [HASH, PROPOSAL, f"({HASH})."])
def test_line__number_longer_than_the_terminal__is_whole_in_a_line_of_its_own(whole: str) -> None:
    lines = shown(f"sent {whole} in block 3", 60)
    assert [line.strip().removeprefix(GOES_ON.strip()).strip() for line in lines] == ["sent", whole, "in block 3"]


def test_line__of_a_stranger_without_spaces__is_broken_behind_the_sign() -> None:
    lines = shown("says " + "0x" + "ab" * 400, 60)
    assert max(map(len, lines)) <= 60
    assert all(line.startswith(GOES_ON) for line in lines[1:])


@given(st.lists(st.text(alphabet="ab 漢,-", min_size=1, max_size=120), min_size=3, max_size=3), st.integers(40, 130))
def test_table__any_words_and_width__fits_and_loses_nothing(words: list[str], width: int) -> None:
    lines = shown(table("t", ("one", "two", "three"), [words]), width)
    letters = "".join(sorted("".join(lines)))
    assert all(letters.count(letter) >= "".join(words).count(letter) for letter in "ab漢,-")
    assert all(cell_len(line.rstrip()) <= width for line in lines)


def test_pipe__table_and_line_of_any_length__is_never_wrapped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    why = "because " * 100
    console().print(table("", ("what", "why"), [["x", why], ["y", HASH]]))
    console().print(f"alert {why}", markup=False)
    lines = [re.sub(" +", " ", line).strip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["what why", f"x {why.strip()}", f"y {HASH}", f"alert {why.strip()}"]
    assert not sys.stdout.isatty()
