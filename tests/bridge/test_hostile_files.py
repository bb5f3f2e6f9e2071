"""Files of strangers that name things twice, nest without end or are as large as can be: one line, at once."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from bridge import toml_files
from bridge.errors import BadConfig, BadFile
from bridge.foreign import shown_address, url_place
from bridge.json_files import read_json, reading
from bridge.ledger.exports import read_export
from bridge.ledger.store import open_store
from bridge.names import first_twice
from bridge.toml_files import read_toml, toml_content
from tests.hedge.made_year import NOW_MS

pytestmark = pytest.mark.unit

MANY = 30_000
SOON = 20.0
"""Seconds that a slow machine may take for what would take minutes if it grew with the square."""
TRADE = {
    "trade_id": "1", "timestamp": 1740996000000, "instrument_name": "ETH-28MAR25-1800-P", "direction": "buy",
    "amount": 10, "price": 0.02, "fee": 0.003, "fee_currency": "ETH", "index_price": 2000, "label": "", "order_id": "z",
}  # fmt: skip


class Anything(BaseModel):
    """A file of which nothing is asked."""


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@given(names=st.lists(st.sampled_from("abcdef"), max_size=12))
def test_first_twice__any_names__is_the_first_that_was_there_before(names: list[str]) -> None:
    found = first_twice(names)
    again = [name for place, name in enumerate(names) if name in names[:place]]
    assert found == (again[0] if again else None)


def test_read_json__one_of_many_names_twice__is_named_at_once(tmp_path: Path) -> None:
    text = "{" + ",".join(f'"k{number}":0' for number in range(MANY)) + f',"k{MANY - 1}":1}}'
    began = time.monotonic()
    file = written(tmp_path / "a.json", text)
    with pytest.raises(BadFile, match=f"k{MANY - 1} stands twice in it"), reading(file, absent="", otherwise="no"):
        read_json(file)
    assert time.monotonic() - began < SOON


def test_read_export__one_of_many_columns_twice__is_named_at_once(tmp_path: Path) -> None:
    head = ",".join(f"c{number}" for number in range(MANY)) + f",C{MANY - 1} "
    began = time.monotonic()
    with pytest.raises(BadFile, match=f"names the column 'c{MANY - 1}' twice"):
        read_export(written(tmp_path / "a.csv", head + "\n1\n"), "main", now_ms=NOW_MS)
    assert time.monotonic() - began < SOON


TRADES = json.dumps([TRADE])
TWICE = {
    "a name": (TRADES.replace('"amount": 10', '"amount": 10, "amount": 1000'), "amount stands twice in it"),
    "a name in other letters": (
        TRADES.replace('"amount": 10', '"amount": 10, "Amount ": 1000'),
        "names 'amount' twice",
    ),
    "a name with spaces": (TRADES.replace('"order_id"', '"order id": "y", "order_id"'), "names 'order_id' twice"),
    "the list": (f'{{"trades": {TRADES}, "trades": []}}', "trades stands twice in it"),
    "trades and logs": (f'{{"logs": {TRADES}, "trades": {TRADES}}}', "two lists of entries"),
    "both in the result": (f'{{"result": {{"logs": [], "trades": {TRADES}}}}}', "two lists of entries"),
    "beside the result": (f'{{"result": {TRADES}, "trades": {TRADES}}}', "two lists of entries"),
    "the result": (f'{{"result": {TRADES}, "result": []}}', "result stands twice in it"),
}


@pytest.mark.parametrize("what", TWICE)
def test_read_export__json_that_says_two_things__is_refused(tmp_path: Path, what: str) -> None:
    text, words = TWICE[what]
    with pytest.raises(BadFile, match=words):
        read_export(written(tmp_path / "a.json", text), "main", now_ms=NOW_MS)
    assert len(read_export(written(tmp_path / "b.json", TRADES), "main", now_ms=NOW_MS).fills) == 1


DEEP = {
    "a dotted name": ".".join("a" * 40_000) + " = 1",
    "a dotted name with spaces": " . ".join("a" * 40_000) + " = 1",
    "quoted parts": ".".join(['"a.b"', "'c'"] * 20_000) + " = 1",
    "the head of a table": "[" + ".".join("a" * 40_000) + "]",
    "the head of a list": "x = 1\n[[" + ".".join("a" * 40_000) + "]]",
    "few more than ours": ".".join("a" * 10) + " = 1",
    "an inline table": "x = {" + ".".join("a" * 40_000) + " = 1}",
    "lists": "x = " + "[" * 40_000,
    "inline tables": "x = " + "{a=" * 40_000,
    "many tables": "\n".join(f"[a{number}]" for number in range(100_001)),
    "many dotted names": "\n".join(f"a{number}.b=1" for number in range(50_001)) + "\nx=[" + "{a.b=1}," * 50_000 + "]",
    "letters": "a" * ((1 << 20) + 1),
}


@pytest.mark.parametrize("what", DEEP)
def test_read_toml__nests_without_end__is_named_at_once(tmp_path: Path, what: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadFile, match=r"more than|nests too deeply|longer than|larger than"):
        read_toml(written(tmp_path / "a.toml", DEEP[what]), Anything)
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize(
    "text",
    ["a.b.c = 1", "x = [" + "1.5, " * 5_000 + "]", 'x = "' + "We. Are here. " * 500 + '"', "[a.b]\n" + "c = 1.25\n",
     '"a.b.c.d.e.f.g.h.i.j.k" = "1.2.3.4.5.6.7.8.9.10.11.12.13"',
     "a.b.c.d.e.f.g.h.i = 1",
     "# a.b.c.d.e.f.g.h.i.j.k.l", "x = 'a.b'", "# " + "- " * 9_000, "x = '" + "-" * 500_000 + "'"],
)  # fmt: skip
def test_toml_content__dots_of_other_kinds__are_read(tmp_path: Path, text: str) -> None:
    began = time.monotonic()
    assert isinstance(toml_content(written(tmp_path / "a.toml", text)), dict)
    assert time.monotonic() - began < SOON


def test_read_toml__no_memory_for_it__is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(text: str) -> dict[str, Any]:
        raise MemoryError

    monkeypatch.setattr(toml_files.tomllib, "loads", full)
    with pytest.raises(BadFile, match="nests too deeply"):
        read_toml(written(tmp_path / "a.toml", ""), Anything)


@pytest.mark.parametrize(
    "url", ["S3cretPW99://x", "s3cretpw99:///x", "S3cretPW99+psycopg://u@h/d", "https+S3cretPW99://h"]
)
def test_ledger__scheme_that_nobody_knows__is_not_shown(url: str) -> None:
    assert not any("s3cret" in shown.lower() for shown in (url_place(url), shown_address(url)))
    with pytest.raises(BadConfig, match="write postgresql") as refused:
        open_store(url)
    assert "s3cret" not in str(refused.value).lower()


@settings(max_examples=200)
@given(scheme=st.text("abhpstw0+.-", min_size=1, max_size=12).map("h".__add__))
def test_url_place__any_scheme__is_shown_only_where_it_is_known(scheme: str) -> None:
    known = ("http", "https", "ws", "wss", "postgres", "postgresql", "postgresql+psycopg")
    assert (scheme in url_place(f"{scheme}://h")) == (scheme in known) or scheme in "a malformed URL"
