"""`alvh hedge`, run as a user runs it: files in, entries by hand, positions out; nothing is ever changed."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.ledger.store import open_store
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

PUT, FUTURE_PUT = "ETH-27MAR26-1800-P", "ETH-26MAR27-1800-P"
HEAD = "time,id,instrument,side,quantity,price,fee,index\n"
LINES = [
    f"2026-01-0{day}T10:00:00Z,trade:{day},{PUT},{'buy' if day % 2 else 'sell'},{day},0.03,0.001,2000\n"
    for day in range(1, 7)
]
BUY = ("hedge", "record", "--instrument", FUTURE_PUT, "--side", "buy", "--quantity", "10", "--price", "0.034")


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """Write two exports that overlap, and a third that contradicts them."""
    for name, lines in (("a", LINES[:4]), ("b", LINES[2:]), ("bad", [LINES[5], LINES[0].replace("0.03,", "0.04,")])):
        (tmp_path / f"{name}.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    return tmp_path


def test_import__twice_overlapping_and_contradicting__adds_each_fill_once(run: Run, exports: Path) -> None:
    first = run("hedge", "import", "a.csv", "--json").json()
    assert (first["new"], first["known"], first["left_out"], first["source"]) == (4, 0, {}, "plain")
    assert run("hedge", "import", "a.csv").out.splitlines()[0] == "a.csv (plain): 0 new, 4 known, 0 left out"
    dry = run("hedge", "import", "b.csv", "--dry-run", "--json").json()
    assert (dry["new"], dry["known"], dry["written"]) == (2, 2, False)
    assert len(run("hedge", "list", "--fills", "--json").json()["fills"]) == 4
    assert run("hedge", "import", "b.csv", "--json").json()["new"] == 2
    assert_one_line_error(run("hedge", "import", "bad.csv"), 1, "trade:1 with price 0.03, not 0.04", "nothing of this")
    fills = run("hedge", "list", "--fills", "--json").json()["fills"]
    assert [fill["id"] for fill in fills] == [f"trade:{day}" for day in range(1, 7)]
    assert run("hedge", "import", "b.csv", "--book", "other", "--json").json()["new"] == 4


def test_import__what_is_no_export__is_refused_and_leaves_nothing(run: Run, exports: Path) -> None:
    (exports / "broken.csv").write_text(HEAD + LINES[0] + LINES[1].replace("sell", "hold"), encoding="utf-8")
    assert_one_line_error(run("hedge", "import", "broken.csv"), 2, "line 3, side: 'hold' is no side")
    assert_one_line_error(run("hedge", "import", "none.csv"), 2, "none.csv")
    assert_one_line_error(run("hedge", "import", "."), 2)
    assert_one_line_error(run("hedge", "import", "a.csv", "--index", "i.csv"), 2, "say which by --currency")
    assert_one_line_error(run("hedge", "import", "a.csv", "--plan", "a b"), 2, "--plan")
    assert_one_line_error(run("hedge", "import", "a.csv", "--currency", "E-H"), 2, "--currency")
    assert_one_line_error(run("hedge", "import", "a.csv", "--book", "a\nb"), 2, "--book")
    assert run("hedge", "list", "--fills", "--json").json()["fills"] == []


def test_import__one_page_of_an_answer__says_that_there_are_more(run: Run, tmp_path: Path) -> None:
    entry = {
        "trade_id": "ETH-1", "timestamp": 1_767_261_600_000, "instrument_name": PUT, "direction": "buy", "amount": 1,
        "price": 0.03, "fee": 0.001, "fee_currency": "ETH", "index_price": 2000,
    }  # fmt: skip
    answer = {"result": {"trades": [entry], "has_more": True}}
    (tmp_path / "page.json").write_text(json.dumps(answer), encoding="utf-8")
    said = run("hedge", "import", "page.json").out.splitlines()
    assert said[1] == "one page of several: the venue has more; export the others too"
    assert run("hedge", "import", "page.json", "--json").json()["one_page_of_several"] is True


def test_import__names_with_control_characters__reach_no_terminal(run: Run, tmp_path: Path) -> None:
    name = "a\x1b[31m\u202e[bold].csv"
    note = LINES[0].strip() + ",[red]\u00a0x\n"
    (tmp_path / name).write_text(HEAD.strip() + ",note\n" + note.replace("\u00a0", ""), encoding="utf-8")
    done = run("hedge", "import", name)
    assert done.code == 0, done
    assert "\x1b" not in done.out + done.err
    assert "\u202e" not in done.out
    with open_store(tmp_path / ".alvh" / "alvh.db") as store:
        assert store.imports()[0]["file"] == "a[31m[bold].csv"
    shown = run("hedge", "list", "--book", "[bold]x")
    assert "book [bold]x" in shown.out
    run("hedge", "import", name, "--book", "[bold]x")
    assert "Book [bold]x at" in run("hedge", "list", "--book", "[bold]x").out


def test_record__same_command_twice__adds_nothing_and_says_so(run: Run) -> None:
    assert run(*BUY, "--index", "1950").out.startswith("recorded: hand:")
    again = run(*BUY, "--index", "1951", "--plan", "3f2a91c07b5d")
    assert again.out.startswith("known: hand:")
    assert "nothing was added; if it happened twice" in again.out
    assert_one_line_error(run(*BUY, "--index", "1950", "--fee", "0.1"), 1, "with fee 0, not 0.1")
    assert run(*BUY, "--index", "1950", "--id", "desk-7", "--json").json()["new"] == 1
    assert run(*BUY, "--index", "1950", "--time", "2026-11-02T10:00:00Z", "--json").json()["new"] == 1
    (held,) = run("hedge", "list", "--json").json()["positions"]
    assert (held["quantity"], held["average_price"], held["cost"]) == ("30", "0.034", "1.02")


def test_record__funding_fee_and_transfer__change_cash(run: Run) -> None:
    base = ("hedge", "record", "--index", "2000", "--kind")
    assert run(*base, "transfer", "--currency", "ETH", "--amount", "10").code == 0
    assert run(*base, "transfer", "--currency", "ETH", "--amount", "-4").code == 0
    assert run(*base, "funding", "--instrument", "ETH-PERPETUAL", "--amount", "-0.25").code == 0
    assert run(*base, "fee", "--currency", "ETH", "--amount", "0.5").code == 0
    assert run("hedge", "list", "--json").json()["cash"] == [
        {"book": "main", "venue": "deribit", "currency": "ETH", "amount": "5.25"}
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--index is needed"),
        (("--index", "0"), "--index"),
        (("--index", "1950", "--quantity", "-3"), "--quantity"),
        (("--index", "1950", "--quantity", "NaN"), "--quantity"),
        (("--index", "1950", "--price", "1e99"), "--price"),
        (("--index", "1950", "--side", "hold"), "--side"),
        (("--index", "1950", "--instrument", "ETH-31FEB26-1-P"), "--instrument"),
        (("--index", "1950", "--time", "soon"), "--time"),
        (("--index", "1950", "--time", "2099-01-01T00:00:00Z"), "--time"),
        (("--index", "1950", "--venue", "a\x1bb"), "--venue"),
        (("--index", "1950", "--note", "a\u202eb"), "--note"),
        (("--index", "1950", "--kind", "gift"), "--kind"),
        (("--index", "1950", "--amount", "3"), "--amount"),
        (("--index", "1950", "--kind", "funding"), "--amount"),
        (("--index", "1950", "--currency", "BTC"), "--currency"),
    ],
)
def test_record__wrong_word__is_named_by_its_option(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run(*BUY, *words)
    assert_one_line_error(done, 2, said)
    assert not {"\x1b", "\u202e"} & set(done.err)


def test_close__part_all_and_again__leaves_nothing_held(run: Run) -> None:
    run(*BUY, "--index", "1950")
    close = ("hedge", "close", FUTURE_PUT, "--index", "1900", "--price")
    assert run(*close, "0.05", "--quantity", "4", "--json").json()["fills"][0]["quantity"] == "-4"
    assert run(*close, "0.05", "--quantity", "4", "--json").json()["known"] == 1
    assert_one_line_error(run(*close, "0.06", "--quantity", "7"), 2, "7 is more than the 6 that are held")
    assert run(*close, "0.06").code == 0
    assert run(*close, "0.06", "--json").json()["new"] == 0
    assert_one_line_error(run(*close, "0.07"), 2, f"holds no {FUTURE_PUT}")
    (held,) = run("hedge", "list", "--json").json()["positions"]
    assert (held["quantity"], held["realised"]) == ("0", "0.22")
    assert_one_line_error(run("hedge", "close", FUTURE_PUT), 2, "give --price")
    assert_one_line_error(run("hedge", "close", FUTURE_PUT, "--delivery", "1800"), 2, "expires only on 2027-03-26")
    assert_one_line_error(run("hedge", "close", "ETH-PERPETUAL", "--delivery", "1800"), 2, "expires never")


def test_close__delivery_price__settles_and_is_kept_once(run: Run, exports: Path) -> None:
    run("hedge", "import", "a.csv")
    bought = ("--instrument", PUT, "--side", "buy", "--quantity", "8", "--price", "0.01", "--index", "2000")
    run("hedge", "record", *bought, "--time", "2026-02-01T00:00:00Z")
    open_ = run("hedge", "list")
    assert "not settled: ETH-27MAR26 has no delivery price: alvh hedge close ETH-27MAR26 --delivery PRICE" in open_.err
    assert run("hedge", "list", "--json").json()["unsettled"] == [PUT]
    assert run("hedge", "list", "--at", "2026-03-27T07:59:59", "--json").json()["unsettled"] == []
    assert_one_line_error(run("hedge", "close", PUT, "--price", "0.1", "--index", "1600"), 1, "give its --delivery")
    assert run("hedge", "close", "ETH-27MAR26", "--delivery", "1600").out.startswith("recorded: ETH of 2026-03-27")
    assert run("hedge", "close", PUT, "--delivery", "1600.0").out.startswith("known: ETH of 2026-03-27")
    assert_one_line_error(run("hedge", "close", PUT, "--delivery", "1601"), 1, "delivered at 1600, not 1601", "correct")
    told = run("hedge", "list", "--json").json()
    assert (told["unsettled"], told["positions"][0]["quantity"], told["positions"][0]["settled"]) == ([], "0", True)
    fixed = ("hedge", "correct", "ETH-27MAR26", "--delivery", "1700", "--reason", "wrong day")
    assert run(*fixed, "--json").json()["price"] == "1700"
    after = run("hedge", "list", "--json").json()["positions"][0]
    assert after["realised_usd"] != told["positions"][0]["realised_usd"]
    assert_one_line_error(run(*fixed, "--price", "3"), 2, "leave the numbers of an entry out")


def test_record__delivery_before_its_expiry_or_of_nothing__is_refused_and_list_names_one_too_many(
    run: Run, exports: Path
) -> None:
    given = ("hedge", "record", "--kind", "delivery", "--side", "sell", "--price", "1600", "--quantity")
    soon = run(*given, "4", "--instrument", PUT, "--time", "2026-03-27T07:59:00Z")
    assert_one_line_error(soon, 2, f"--time: {PUT} expires only on 2026-03-27 08:00:00Z")
    at = ("--instrument", PUT, "--time", "2026-03-27T08:00:00Z")
    assert_one_line_error(run(*given, "4", *at), 2, "holds no")
    head = "time,id,kind,instrument,side,quantity,price\n"
    line = f"2026-03-27T08:00:00Z,x,delivery,{PUT},sell,2,1600\n"
    (exports / "over.csv").write_text(head + line, encoding="utf-8")
    assert run("hedge", "import", "over.csv").code == 0
    told = run("hedge", "list")
    assert f"delivered more than was held: {PUT}, -2 left over" in told.err
    assert run("hedge", "list", "--json").json()["over_delivered"] == [PUT]


def test_correct__wrong_entry__stays_and_counts_no_more(run: Run, exports: Path) -> None:
    run("hedge", "import", "a.csv")
    done = run(
        "hedge", "correct", "trade:1", "--price", "0.02", "--quantity", "5", "--reason", "typed the bid", "--json"
    )
    back, right = done.json()["fills"]
    assert (back["id"], back["quantity"], back["cash"], back["fee"]) == ("reversal:trade:1", "-1", "0.03", "-0.001")
    assert (back["reverses"], back["note"]) == ("trade:1", "typed the bid")
    assert (right["id"], right["quantity"], right["cash"], right["fee"]) == ("trade:1~2", "5", "-0.1", "0.001")
    assert_one_line_error(run("hedge", "correct", "trade:1", "--reason", "again"), 1, "was taken back already")
    assert_one_line_error(run("hedge", "correct", "reversal:trade:1", "--reason", "no"), 1, "takes trade:1 back")
    assert run("hedge", "correct", "trade:1~2", "--fee", "0", "--reason", "rebate").code == 0
    assert run("hedge", "correct", "trade:2", "--reason", "never happened").code == 0
    fills = run("hedge", "list", "--fills", "--json").json()["fills"]
    assert len(fills) == 9
    assert {fill["id"] for fill in fills} >= {
        "trade:1",
        "trade:1~2",
        "trade:1~3",
        "reversal:trade:1~2",
        "reversal:trade:2",
    }
    assert "(taken back)" in run("hedge", "list", "--fills").out
    (held,) = run("hedge", "list", "--at", "2026-01-10T00:00:00", "--json").json()["positions"]
    assert (held["quantity"], held["fees"]) == ("4", "0.002")
    assert_one_line_error(run("hedge", "correct", "nothing", "--reason", "x"), 2, "no entry nothing")
    for nothing in (" ", "-"):
        assert_one_line_error(run("hedge", "correct", "trade:3", "--reason", nothing), 2, "--reason")
    assert run("hedge", "import", "a.csv", "--json").json()["known"] == 4


def test_import__after_a_correction_by_hand__takes_the_venues_file_and_says_what_differs(
    run: Run, exports: Path
) -> None:
    run("hedge", "import", "a.csv")
    mended = [line.replace("0.03,", "0.04,") if "trade:1," in line else line for line in LINES[:4]]
    (exports / "mended.csv").write_text(HEAD + "".join(mended), encoding="utf-8")
    done = run("hedge", "import", "mended.csv")
    assert_one_line_error(done, 1, "trade:1 with price 0.03, not 0.04", "`alvh hedge correct trade:1` first")
    assert run("hedge", "correct", "trade:1", "--price", "0.04", "--reason", "typed the bid").code == 0
    assert run("hedge", "correct", "trade:2", "--reason", "never happened").code == 0
    others = [line.replace(",2000\n", ",1950\n") for line in mended]
    (exports / "mended.csv").write_text(HEAD + "".join(others), encoding="utf-8")
    said = run("hedge", "import", "mended.csv", "--plan", "3f2a91c07b5d").out.splitlines()
    assert said[0] == "mended.csv (plain): 0 new, 4 known, 0 left out"
    assert said[1] == "of the known 1 taken back here, not added again"
    assert said[2].startswith("of the known 3 with another index, which was not taken: first trade:1~2, kept 2000")
    assert "`alvh hedge correct trade:1~2 --index 1950 --reason WHY`" in said[2]
    assert said[3].startswith("of the known 3 name a plan or an order")
    told = run("hedge", "import", "mended.csv", "--json").json()
    assert (told["taken_back"], told["other_index"], told["plan_not_kept"]) == (1, 3, 0)
    moved = ("--kind", "transfer", "--currency", "USDC", "--amount", "25", "--id", "money")
    run("hedge", "record", *moved)
    assert run("hedge", "correct", "money", "--currency", "USDT", "--reason", "another coin").code == 0
    assert run("hedge", "list", "--fills", "--json").json()["fills"][-1]["currency"] == "USDT"


def test_list__csv_and_json_and_table__tell_the_same(run: Run, exports: Path) -> None:
    run("hedge", "import", "a.csv")
    at = ("--at", "2026-01-10T00:00:00Z")
    (row,) = csv.DictReader(io.StringIO(run("hedge", "list", "--csv", *at).out))
    (held,) = run("hedge", "list", "--json", *at).json()["positions"]
    assert {name: str(value) for name, value in held.items()} == {**row, "expiry": str(held["expiry"])}
    assert PUT in run("hedge", "list", *at).out
    rows = list(csv.DictReader(io.StringIO(run("hedge", "list", "--fills", "--csv").out)))
    assert [row["id"] for row in rows] == [f"trade:{day}" for day in range(1, 5)]
    run("hedge", "correct", "trade:1", "--price", "0.04", "--reason", "=typed the bid")
    (exports / "listed.csv").write_text(run("hedge", "list", "--fills", "--csv").out, encoding="utf-8")
    assert run("hedge", "import", "listed.csv", ALVH_LEDGER_URL="empty.db").code == 0
    for words in (("--json", *at), ("--fills", "--json"), ("--fills", "--csv")):
        assert run("hedge", "list", *words, ALVH_LEDGER_URL="empty.db").out == run("hedge", "list", *words).out
    assert run("hedge", "list", "--at", "2025-01-01T00:00:00", "--json").json()["positions"] == []
    assert "has no fills by then" in run("hedge", "list", "--at", "2025-01-01T00:00:00").out
    assert "books with fills: main" in run("hedge", "list", "--book", "x").out
    assert_one_line_error(run("hedge", "list", "--at", "noon"), 2, "--at")


def test_list__on_a_terminal__asks_for_the_delivery_price_once(run: Run, exports: Path) -> None:
    run("hedge", "import", "a.csv")
    main, side = pty.openpty()
    environment = {**os.environ, "COLUMNS": "150", "TERM": "dumb"}
    command = [sys.executable, "-m", "bridge", "hedge", "list"]
    process = subprocess.Popen(command, cwd=exports, env=environment, stdin=side, stdout=side, stderr=side)
    os.close(side)
    seen = b""
    while b"ETH-27MAR26 was delivered at" not in seen:
        assert select.select([main], [], [], 60)[0], seen  # never wait for ever for other words
        seen += os.read(main, 4096)
    os.write(main, b"1600\n")
    with suppress(OSError):  # the end of a terminal is an error on Linux
        while part := os.read(main, 4096):
            seen += part
    os.close(main)
    assert process.wait(60) == 0
    assert b"settled" in seen
    assert run("hedge", "list", "--json").json()["unsettled"] == []


def test_ledger__in_the_settings__is_where_they_say(run: Run, exports: Path) -> None:
    (exports / "alvh.toml").write_text('[ledger]\nurl = "kept/ledger.db"\nbook = "treasury"\n', encoding="utf-8")
    assert run("hedge", "import", "a.csv").out.splitlines()[1] == "into book treasury of kept/ledger.db"
    assert (exports / "kept" / "ledger.db").exists()
    assert not (exports / ".alvh").exists()
    elsewhere = run("hedge", "list", "--json", ALVH_LEDGER_URL="other.db").json()
    assert elsewhere["positions"] == []
    closed = "postgresql://me:hush@127.0.0.1:1/alvh"
    done = run("hedge", "list", ALVH_LEDGER_URL=closed)
    assert_one_line_error(done, 1, "the ledger postgresql://127.0.0.1:1: ", "ALVH_LEDGER_URL")
    assert "hush" not in done.err
    (exports / "alvh.toml").write_text(f"[ledger]\nurl = {json.dumps(closed)}\n", encoding="utf-8")
    assert_one_line_error(run("hedge", "list"), 2, "ledger.url", "ALVH_LEDGER_URL")


def test_import__terminated_on_the_way__leaves_all_or_nothing(run: Run, tmp_path: Path) -> None:
    lines = [LINES[0].replace("trade:1,", f"trade:{number},") for number in range(20_000)]
    (tmp_path / "many.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    run("hedge", "list")
    for wait in (1.0, 2.5):
        command = [sys.executable, "-m", "bridge", "hedge", "import", "many.csv"]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
            time.sleep(wait)
            process.send_signal(signal.SIGTERM)
        kept = len(run("hedge", "list", "--fills", "--json").json()["fills"])
        assert kept in (0, 20_000)
    assert run("hedge", "import", "many.csv").code == 0
    assert len(run("hedge", "list", "--fills", "--json").json()["fills"]) == 20_000


@pytest.mark.parametrize("command", ["import", "record", "list", "close", "correct"])
def test_help__of_each_command__has_examples(run: Run, command: str) -> None:
    done = run("hedge", command, "--help")
    assert done.code == 0
    assert f"alvh hedge {command}" in " ".join(done.out.split())


def test_hedge__prices_of_another_scale__need_force_in_every_command(run: Run, exports: Path) -> None:
    assert run("hedge", "import", "a.csv").code == 0
    far = LINES[4].replace(",2000\n", ",20000\n")
    (exports / "far.csv").write_text(HEAD + far, encoding="utf-8")
    for words in (("import", "far.csv"), ("import", "far.csv", "--dry-run")):
        assert_one_line_error(
            run("hedge", *words), 2, "far.csv", "trade:5 says 20000 USD for a ETH", "says 2000", "--force"
        )
    assert len(run("hedge", "list", "--fills", "--json").json()["fills"]) == 4
    assert run("hedge", "import", "far.csv", "--force", "--json").json()["new"] == 1
    correct = ("hedge", "correct", "trade:5", "--index", "6500", "--reason", "cents")
    assert_one_line_error(run(*correct), 1, "trade:5~2 says 6500 USD for a ETH", "--force")
    assert run("hedge", "correct", "trade:5", "--index", "2001", "--reason", "cents").code == 0
    wrong = (*BUY, "--index", "19000", "--time", "2026-01-04T00:00:00")
    assert_one_line_error(run(*wrong), 1, "19000 USD for a ETH", "--force")
    close = ("hedge", "close", "ETH-27MAR26", "--delivery")
    assert_one_line_error(run(*close, "20"), 1, "--delivery 20 of ETH", "2001", "--force")
    assert_one_line_error(run(*close, "1e308"), 2, "--delivery")
    assert_one_line_error(run(*close, "nan"), 2, "--delivery")
    assert run(*close, "6100", "--force", "--json").json()["new"] is True
    right = ("hedge", "correct", "ETH-27MAR26", "--reason", "cents", "--delivery")
    assert_one_line_error(run(*right, "610000"), 1, "--delivery 610000 of ETH", "--force")
    assert run(*right, "1990", "--json").json()["new"] is True
