"""`alvh fetch`, `collect` and `--live` as a user runs them: against a venue on this machine, and the local chain."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.local.world import World
from bridge.sources.histories.files import read_folder
from bridge.venues.clock import SYSTEM
from tests.bridge.fake_publishers import KEY, fake_publisher
from tests.bridge.fake_venue import CLIENT, SECRET, RunningClock, Venue, fake_venue, status
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

SECRETS = (KEY, "hunter2", "s3cret")


@pytest.fixture
def venue(project: World, tmp_path: Path) -> Iterator[Venue]:
    """Run a venue that quotes the local chain's market at the chain's time, and name it in alvh.toml."""
    spots = {asset: float(prices[-1]) for asset, prices in project.path.prices.items()}
    with fake_venue(RunningClock(project.chain.head().timestamp + 1), spots) as made:
        made.settling = False
        with (tmp_path / "alvh.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[venue]\nurl = "{made.url}"\n')
        yield made


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Venue]:
    """Run a venue at the machine's time, without a chain, and name it in alvh.toml."""
    with fake_venue(SYSTEM) as made:
        made.settling = False
        (tmp_path / "alvh.toml").write_text(f'[venue]\nurl = "{made.url}"\n', encoding="utf-8")
        yield made


def test_oracle_quote__live__is_the_index_of_the_venues_quotes(run: Run, venue: Venue) -> None:
    rows = {row["asset"]: row for row in run("oracle", "quote", "--live", "--json").json()}
    assert set(rows) == {"BTC", "ETH"}
    assert rows["ETH"]["volatility"] == pytest.approx(0.72, abs=0.04)
    assert rows["ETH"]["provenance"] == "live"
    assert "127.0.0.1" in rows["ETH"]["source"]
    assert "get_book_summary_by_currency, fees 0.03%" in rows["ETH"]["source"]


def test_plan__live__rests_on_the_venues_quotes_and_says_what_is_shown(run: Run, venue: Venue) -> None:
    done = run("plan", "--live", "--json")
    assert done.code == 0, done
    plan = done.json()
    chains = plan["plan"]["inputs"]["chains"]
    assert {chain["provenance"] for chain in chains.values()} == {"live"}
    options = [trade for trade in plan["plan"]["trades"] if trade["instrument"].count("-") == 3]
    assert [size["instrument"] for size in plan["sizes"]] == [trade["instrument"] for trade in options]
    assert {size["shown"] for size in plan["sizes"]} <= {0.0, 5.0, 7.0}
    assert sum("get_book_summary" in path for path in venue.seen) == 2


def test_plan__venue_as_the_set_source_and_a_what_if__both_rest_on_the_same_quotes(
    run: Run, venue: Venue, tmp_path: Path
) -> None:
    with (tmp_path / "alvh.toml").open("a", encoding="utf-8") as settings:
        settings.write('[options]\nsource = "deribit"\n')
    done = run("plan", "--set", "costBudgetBps=1")
    assert done.code == 0, done
    assert sum("get_book_summary" in path for path in venue.seen) == 2


@pytest.mark.parametrize("command", [("plan", "--live"), ("oracle", "quote", "--live")])
def test_live__venue_that_does_not_answer_as_it_should__is_one_line(
    run: Run, venue: Venue, command: tuple[str, ...]
) -> None:
    venue.odd = [status(403)] * 3
    assert_one_line_error(run(*command), 1, "http://127.0.0.1", "gives no numbers now", "HTTP 403")


def old(method: str, result: Any) -> Any:
    if method.endswith("by_currency"):
        for row in result:
            row["creation_timestamp"] -= 7_200_000
    return result


def thin(method: str, result: Any) -> Any:
    if method.endswith("by_currency"):
        for row in result:
            row["bid_price"] = None
    return result


def crossed(method: str, result: Any) -> Any:
    if method.endswith("by_currency"):
        for row in result:
            row["bid_price"] = (row["ask_price"] or 0.0) * 2
    return result


def in_usd(method: str, result: Any) -> Any:
    if method.endswith("by_currency"):
        for row in result:
            for name in ("bid_price", "ask_price"):
                row[name] = (row[name] or 0.0) * 3000.0
    return result


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (old, "its newest quotes are of"),
        (thin, "usable expiries"),
        (crossed, "usable expiries"),
        (in_usd, "no market does that"),
    ],
)
def test_oracle_quote__live_quotes_that_are_no_market__are_refused(
    run: Run, venue: Venue, lie: Any, words: str
) -> None:
    venue.lie = lie
    assert_one_line_error(run("oracle", "quote", "--live"), 1, words)


def test_oracle_quote__live_quotes_of_another_time_than_the_block__are_refused(run: Run, venue: Venue) -> None:
    venue.clock = RunningClock(venue.clock.now() + 7_300)
    assert_one_line_error(run("oracle", "quote", "--live"), 1, "away from the book's block", "--max-age")


def test_plan__live_beside_another_source__is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "quotes.csv").write_text("x", encoding="utf-8")
    assert_one_line_error(run("plan", "--live", "--chain", "quotes.csv"), 2, "two sources of quotes")
    assert_one_line_error(run("plan", "--live", "--book", "book.toml"), 2, "alvh fetch chains")


def test_fetch_chains__one_snapshot__is_planned_on(run: Run, venue: Venue, tmp_path: Path) -> None:
    done = run("fetch", "chains", "--out", "quotes.parquet", "--json")
    assert done.code == 0, done
    assert {each["asset"] for each in done.json()["assets"]} == {"BTC", "ETH"}
    quoted = run("oracle", "quote", "--chain", "quotes.parquet", "--json").json()
    assert {row["provenance"] for row in quoted} == {"file"}
    assert run("plan", "--chain", "quotes.parquet").code == 0


def test_collect__one_round__is_a_folder_that_the_oracle_quotes_from(run: Run, venue: Venue) -> None:
    done = run("collect", "ETH", "BTC", "--count", "1", "--json")
    assert done.code == 0, done
    assert (done.json()["parts"], done.json()["faults"]) == (1, 0)
    assert run("oracle", "quote", "--chain", "chains").code == 0


def test_collect__nothing_taken__ends_with_1_and_says_why(run: Run, market: Venue) -> None:
    market.odd = [status(403)] * 2
    done = run("collect", "--count", "1")
    assert done.code == 1
    assert "left out in this round: http://127.0.0.1" in done.err


def test_fetch_histories__signals_of_a_folder__are_read_from_them(run: Run, market: Venue, tmp_path: Path) -> None:
    for words in (("dvol", "ETH"), ("funding", "ETH", "--since", "2026-01-01"), ("index", "ETH", "--span", "1y")):
        done = run("fetch", *words)
        assert done.code == 0, done
        assert "ETH.csv: " in done.out
    for _ in range(2):
        assert run("fetch", "trades", "ETH", "--json").json()["files"][0]["rows"] == pytest.approx(1440, abs=2)
    assert run("fetch", "delivery", "ETH", "--json").json()["files"][0]["rows"] == 1500
    names = {path.name for path in (tmp_path / "signals").iterdir()}
    assert names == {"index_ETH.csv", "funding_ETH.csv", "price_ETH.csv", "source.toml", ".fetch"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fetch", "chains", "eth"), "eth is no asset"),
        (("fetch", "chains", "--out", "quotes.xlsx"), ".csv, .parquet"),
        (("fetch", "chains", "--out", "/dev/null/x.csv"), "cannot be written"),
        (("fetch", "dvol", "--every", "2h"), "write 1h or 1d"),
        (("fetch", "dvol", "--since", "01.02.2024"), "write a day from 2009 on"),
        (("fetch", "index", "--span", "5y"), "write 1m, 1y or all"),
        (("collect", "--every", "5"), "write a number and s, m, h or d"),
        (("collect", "--every", "5s"), "at least 60s"),
    ],
)
def test_fetch__option_that_cannot_be__is_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    assert_one_line_error(run(*words), 2, said)


def test_fetch__candles_and_first_releases__are_files_of_signals(run: Run, tmp_path: Path) -> None:
    with fake_publisher(SYSTEM.now) as made:
        assert run("fetch", "prices", "ETH", "--since", "2026-01-01", "--url", made.url).code == 0
        done = run("fetch", "macro", "--url", made.url, "--since", "2025-01-01", "--json", ALVH_FRED_KEY=KEY)
        assert done.code == 0, done
        assert [each["rows"] for each in done.json()["files"]] == [5, 1]
        refused = run("fetch", "macro", "--url", made.url, ALVH_FRED_KEY=KEY[::-1])
    assert_one_line_error(refused, 1, "The value for variable api_key is not registered: ***")
    assert KEY[::-1] not in refused.err
    found = read_folder(tmp_path / "signals", int(SYSTEM.now()))
    assert set(found.tables) == {"price_ETH", "releases", "dollar"}
    assert "fred/series/observations CPIAUCSL" in found.origin


def test_secrets__keys_and_passwords_of_urls__are_in_no_output_and_no_file(run: Run, tmp_path: Path) -> None:
    said = []
    with fake_publisher(SYSTEM.now) as made:
        for url in (
            made.url,
            made.url.replace("//", "//ann:hunter2@"),
            f"{made.url}?api_key=s3cret",
            f"{made.url}/gone",
        ):
            for words in (("macro",), ("prices", "ETH", "--since", "2026-01-01")):
                said.append(run("fetch", *words, "--url", url, "--out", "signals", ALVH_FRED_KEY=KEY))
    for url in ("https://ann:hunter2@venue.example/api", "https://venue.example/api?key=s3cret"):
        (tmp_path / "alvh.toml").write_text(f'[venue]\nurl = "{url}"\n', encoding="utf-8")
        said += [run("fetch", "chains"), run("collect", "--count", "1"), run("oracle", "quote", "--live")]
        (tmp_path / "alvh.toml").write_text(
            f'[options]\nsource = "deribit"\nsource_settings = {{ url = "{url}" }}\n', encoding="utf-8"
        )
        said += [run("oracle", "quote"), run("plan")]
        (tmp_path / "alvh.toml").unlink()
    shown = "".join(done.out + done.err for done in said)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(said) == 18
    assert "Traceback" not in shown
    assert not [secret for secret in SECRETS if secret in shown or secret.encode() in kept]


def fill(number: int, at_ms: int, instrument: str = "ETH-26MAR27-1800-P", **fields: Any) -> dict[str, Any]:
    return {
        "trade_id": f"ETH-{number}", "timestamp": at_ms, "instrument_name": instrument, "direction": "buy",
        "amount": 10.0, "price": 0.034, "fee": 0.003, "fee_currency": "ETH", "index_price": 3000.0, "order_id": "o1",
        "label": "", "mark_price": 0.034,
    } | fields  # fmt: skip


def test_hedge_import__of_an_account__is_its_trades_once_and_what_it_holds_beside_them(
    run: Run, market: Venue, tmp_path: Path
) -> None:
    now = int(SYSTEM.now() * 1000)
    market.fills = [fill(number, now - (20 - number) * 6 * 3_600_000) for number in range(1, 20)]
    market.held = [{"instrument_name": "ETH-26MAR27-1800-P", "size": 190.0, "direction": "buy"}]
    key = {"ALVH_DERIBIT_KEY": CLIENT, "ALVH_DERIBIT_SECRET": SECRET}
    words = ("hedge", "import", "--venue", "deribit")
    assert run(*words, "--dry-run", "--json", **key).json()["new"] == 19
    done = run(*words, "--json", **key)
    assert (done.json()["new"], done.json()["differences"]) == (19, [])
    again = run(*words, **key)
    assert "0 new, 19 known" in again.out
    assert "the ledger holds what the venue holds" in again.out
    market.held = [
        {"instrument_name": "ETH-26MAR27-1800-P", "size": 180.0},
        {"instrument_name": "BTC-PERPETUAL", "size": -50.0},
    ]
    told = run(*words, **key).out
    assert "ETH-26MAR27-1800-P: the venue holds 180, the ledger 190" in told
    assert "BTC-PERPETUAL: the venue holds -50, the ledger 0" in told
    refused = run(*words, **key | {"ALVH_DERIBIT_SECRET": "wrongSecret"})
    assert_one_line_error(refused, 1, "error 13009 unauthorized")
    shown = "".join(each.out + each.err for each in (done, again, refused))
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    login = market.login
    assert not [word for word in (SECRET, login, "wrongSecret") if word in shown or word.encode() in kept]
    assert not any(
        "Authorization" in head for head, path in zip(market.headers, market.seen, strict=True) if "public" in path
    )


@pytest.mark.parametrize(
    ("words", "key", "said"),
    [
        ((), {}, "give a file, or --venue deribit"),
        (("a.csv", "--venue", "deribit"), {}, "give a file, or --venue deribit"),
        (("--venue", "okx"), {}, "deribit is the one that is known"),
        (("--venue", "deribit"), {}, "ALVH_DERIBIT_KEY holds no key"),
        (("--venue", "deribit"), {"ALVH_DERIBIT_KEY": "a:b", "ALVH_DERIBIT_SECRET": "c"}, "ALVH_DERIBIT_KEY holds"),
        (("--venue", "deribit", "--currency", "DOGE"), {"ALVH_DERIBIT_KEY": "a", "ALVH_DERIBIT_SECRET": "c"}, "one of"),
    ],
)
def test_hedge_import__account_without_what_it_needs__is_refused(
    run: Run, words: tuple[str, ...], key: dict[str, str], said: str
) -> None:
    assert_one_line_error(run("hedge", "import", *words, **key), 2, said)


def test_plan__live_ticket__says_below_it_in_the_file_and_in_the_report_what_is_shown(
    run: Run, venue: Venue, tmp_path: Path
) -> None:
    done = run("plan", "--live", "--orders", "orders.csv", "--report", "plan.html")
    assert done.code == 0, done
    lines = done.out.splitlines()
    at = {
        words: number
        for number, line in enumerate(lines)
        for words in ("the venue shows", "before and after")
        if words in line
    }
    assert at["the venue shows"] < at["before and after"]
    with (tmp_path / "orders.csv").open(encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert {row["shown"] for row in rows if row["instrument"].count("-") == 3} <= {"0", "5", "7"}
    assert all(int(row["size_usd"]) % 10 == 0 for row in rows if row["instrument"].endswith("-PERPETUAL"))
    assert "the venue shows" in (tmp_path / "plan.html").read_text(encoding="utf-8")
