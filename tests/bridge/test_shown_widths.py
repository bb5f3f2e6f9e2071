"""Letters that terminals show wider than tables of widths say, or from right to left, put nothing in a wrong place."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bridge.cli.show import GOES_ON, LEFT_TO_RIGHT, console, hung, settled, table
from tests.bridge.test_shown_markup import Screen, narrow

NAMED = {
    "marks that take room": [0x0903, 0x093E, 0x0BBE, 0x1B04, 0x302E],
    "tones of skin": [0x1F3FB, 0x1F3FF],
    "numbers in circles": [0x3248, 0x324F],
    "parts of Hangul": [0x1161, 0x11A8, 0xD7B0],
}
WIDE = "".join(map(chr, [point for points in NAMED.values() for point in points]))


def widest(line: str) -> int:
    """Return how many cells a terminal may fill: two for each letter whose kind is none of plain letters and signs."""
    return sum(
        0 if letter == LEFT_TO_RIGHT or unicodedata.category(letter) in ("Mn", "Me") else
        2 if not letter.isascii() and letter in WIDE else cell_len(letter)
        for letter in line
    )  # fmt: skip


def lines_of(screen: Screen) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()


@pytest.mark.parametrize("name", NAMED)
def test_line__letters_wider_than_they_say__no_line_is_longer_than_the_terminal(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "".join(f"x{chr(point)}" for point in NAMED[name]) * 60 + "HedgeParameters.pause()"
    with narrow(monkeypatch) as screen:
        console().print(f"calls {words}", markup=False, soft_wrap=True)
        console().print(table("", ("pool", "x"), [[words[:90], words[:30]]]))
        for line in hung(console(), words, "calls ", GOES_ON):
            console().print(line, markup=False)
    shown = lines_of(screen)
    assert len(shown) > 8
    assert max(map(widest, shown)) <= 60
    begun = [line for line in shown if line.strip() and not line.startswith(("  ", GOES_ON.lstrip()))]
    assert all(line.startswith(("calls", "pool", "x")) for line in begun), begun


def test_line__that_goes_on__has_a_sign_that_no_line_of_ours_has(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = "a" * 50 + " gives power: nobody; what stands above was looked at and is fine"
    with narrow(monkeypatch) as screen:
        console().print(f"calls X.set({filled})\n  gives power: 0xabc", markup=False)
    shown = lines_of(screen)
    assert [line for line in shown if line.startswith("  gives power")] == ["  gives power: 0xabc"]
    assert all(line.startswith(GOES_ON) for line in shown[1:-1])


HEBREW = "\u05d4\u05d3 \u05d2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 1", "plain 1"),
        (f"{HEBREW} 100", f"{LEFT_TO_RIGHT}{HEBREW}{LEFT_TO_RIGHT} 100"),
        (f"for {HEBREW}, 5 of {HEBREW}", f"{LEFT_TO_RIGHT}for {HEBREW}{LEFT_TO_RIGHT}, 5 of {HEBREW}{LEFT_TO_RIGHT}"),
        (f"a\n{HEBREW}", f"a\n{LEFT_TO_RIGHT}{HEBREW}{LEFT_TO_RIGHT}"),
    ],
)
def test_settled__letters_from_right_to_left__are_marked_where_they_end(text: str, expected: str) -> None:
    assert settled(text) == expected


@given(st.text(alphabet=st.sampled_from("ab 1,.\u05d0\u05d1\u0627\u0660"), max_size=30))
def test_settled__any_text__loses_nothing_and_no_number_follows_such_letters_unmarked(text: str) -> None:
    found = settled(text)
    assert found.replace(LEFT_TO_RIGHT, "") == text
    strong = ""
    for letter in found:
        kind = unicodedata.bidirectional(letter)
        assert not (kind in ("EN", "AN") and strong in ("R", "AL"))
        strong = kind if kind in ("L", "R", "AL") else strong


def test_table__titles_from_right_to_left__leave_the_numbers_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with narrow(monkeypatch) as screen:
        console().print(table("", ("title", "for", "against"), [[HEBREW, "0", "400,000"]]))
    (row,) = [line for line in lines_of(screen) if "400,000" in line]
    assert row.index(LEFT_TO_RIGHT, row.index("\u05d2")) < row.index("0")
    assert sys.stdout is not screen
