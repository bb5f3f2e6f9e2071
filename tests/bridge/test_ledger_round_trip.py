"""The list of a book's entries as CSV, imported into an empty ledger: the same entries, the same account."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cli.hedge_text import fill_cells, write_csv
from bridge.errors import RefusedRows
from bridge.foreign import guarded, unguarded
from bridge.ledger.corrections import Told
from bridge.ledger.exports import read_export
from bridge.ledger.exports.formats.plain import COLUMNS
from bridge.ledger.hand import correction, hand_fill
from bridge.ledger.store import Added, Store, open_store
from hedge.ledger.account import account
from hedge.ledger.fills import Fill
from tests.bridge.ledger_steps import fills
from tests.hedge.made_year import NOW_MS, log_csv, made_year

D = Decimal
LATE_MS = NOW_MS + 365 * 86_400_000


def listed(store: Store, path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Write the entries of the book as `alvh hedge list --fills --csv` does."""
    capsys.readouterr()
    write_csv(COLUMNS, [fill_cells(fill) for fill in store.fills("main")])
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    return path


def correct(store: Store, fill: Fill, reason: str, **changes: str) -> None:
    store.correct(correction(store, fill, changes, reason, LATE_MS))


def test_list__made_year_with_corrections_and_strange_words__comes_back_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "year_ETH.csv"
    log.write_text(log_csv([event for event in made_year().events if event.currency == "ETH"]), encoding="utf-8")
    withdrawn = {"kind": "transfer", "currency": "ETH", "side": "in", "quantity": "0", "fee": "2", "index": "2000"}
    words = [withdrawn | {"id": "-7", "note": "=1+1"}, withdrawn | {"id": "x", "fee": "0.1", "note": "'@x"}]
    with open_store(tmp_path / "one.db") as store:
        store.append(read_export(log, "main", now_ms=LATE_MS, currency="ETH").fills)
        store.append(hand_fill(cells, "main", NOW_MS) for cells in words)
        trades = [fill for fill in store.fills() if fill.kind == "trade"]
        delivered = next(fill for fill in store.fills() if fill.kind == "delivery")
        correct(store, trades[0], "+ typed the bid", fee="0.0005")
        correct(store, store.find(f"{trades[0].id}~2", "main")[0], "-1", index="1900.25")
        correct(store, trades[1], "never happened")
        correct(store, delivered, "@other fee", fee="0.0025")
        before = store.fills("main")
        file = listed(store, tmp_path / "listed.csv", capsys)
        taken = read_export(file, "main", now_ms=LATE_MS).fills
        again = store.append(taken)
    with open_store(tmp_path / "two.db") as other:
        assert other.append(taken) == Added(len(before), 0)
        assert other.fills("main") == before
        assert listed(other, tmp_path / "second.csv", capsys).read_bytes() == file.read_bytes()
    assert account(taken, {}, LATE_MS) == account(before, {}, LATE_MS)
    assert again == Added(0, len(before), Told(taken_back=1, corrected=3))


@given(st.text(max_size=8))
def test_guarded__any_text__comes_back_and_begins_no_formula(text: str) -> None:
    cell = guarded(text)
    assert unguarded(cell) == text
    assert cell[:1] not in tuple("=+-@") or Decimal(cell).is_finite()


def test_list__notes_that_are_formulas__have_an_apostrophe(capsys: pytest.CaptureFixture[str]) -> None:
    (fill,) = fills(1)
    write_csv(COLUMNS, [fill_cells(replace(fill, note="=HYPERLINK(1)", fee=D("-0.5")))])
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert (row["note"], row["fee"], row["side"]) == ("'=HYPERLINK(1)", "-0.5", "buy")


HEAD = "time,id,instrument,side,quantity,price,fee,index,reverses"
BACK = "2025-03-03 10:00:00,reversal:1,ETH-28MAR25-1800-P,sell,10,0.02,-0.003,2000,1"
TRADE = "2025-03-03 10:00:00,1,ETH-28MAR25-1800-P,buy,10,0.02,0.003,2000,"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([TRADE.replace(",1,", ",reversal:9,")], "line 2, id: 'reversal:9' is no id: reversal: and an id is of what"),
        ([TRADE.replace(",1,", ",1~2,")], "line 2, id: 1~2 is named as a correction of 1 is: give another id"),
        ([TRADE, BACK.replace("reversal:1", "2")], "line 3, id: '2' is no id"),
        ([BACK], "line 2, reverses: .* there is no such entry in the book"),
        ([TRADE, BACK.replace("-0.003", "0")], "line 3, reverses: .* fee must be its exact negative"),
        ([TRADE, TRADE.replace(",1,", ",1~2,")], "line 3, id: 1~2 is named as a correction"),
    ],
)
def test_read_export__id_of_a_correction_without_what_it_corrects__is_refused(
    tmp_path: Path, lines: list[str], words: str
) -> None:
    path = tmp_path / "fills.csv"
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    with pytest.raises(RefusedRows, match=words):
        read_export(path, "main", now_ms=NOW_MS)
