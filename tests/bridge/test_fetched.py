"""Fetched histories: gapless, in parts that survive an interruption, with where they are from; collected chains."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import BadFile, BridgeError, SourceUnavailable, UsageError
from bridge.sources.chain_parts import part_name, part_times
from bridge.sources.collect import Collector
from bridge.sources.histories.files import read_folder
from bridge.sources.quotes.files import read_chain_file, read_snapshots
from bridge.venues.cached import LEAST_ROWS, Asked, Parts, fetch_all, holes
from bridge.venues.deribit import Deribit
from bridge.venues.histories import Fetch, Folder
from bridge.venues.option_rows import OptionRows
from bridge.venues.shapes import Page
from hedge.market import Provenance
from hedge.volatility.index import index_from_chain
from tests.bridge.fake_venue import HOUR_MS, FakeClock, Refused, Venue, fake_venue, status

pytestmark = pytest.mark.unit
NOW = 1_772_452_800
BEGAN = 1_646_092_800  # 35,100 hours before
quiet = lambda what, share: None  # noqa: E731


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def venue(clock: FakeClock) -> Iterator[Venue]:
    with fake_venue(clock) as made:
        yield made


@pytest.fixture
def client(venue: Venue, clock: FakeClock) -> Iterator[Deribit]:
    made = Deribit(venue.url, clock, 10.0)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path / "signals")
    yield made
    made.close()


def fetch(client: Deribit, folder: Folder, since: int = BEGAN) -> Fetch:
    return Fetch(client, folder, since * 1000, NOW * 1000, quiet)


def questions(venue: Venue, method: str) -> int:
    return sum(method in path for path in venue.seen)


def test_volatility_index__35_000_hours__has_no_hole_and_no_refusal(
    client: Deribit, folder: Folder, venue: Venue
) -> None:
    fetched, words = fetch(client, folder).volatility_index("ETH", "1h")
    assert (fetched.rows, fetched.missing, words) == (35_100, 0, "")
    assert questions(venue, "volatility") == 36
    assert venue.refused == 0
    table = read_folder(folder.path, NOW).tables["index_ETH"]
    assert len(table) == 35_100
    assert set(table.index.to_series().diff().dropna()) == {3600}
    assert table.index[-1] == NOW
    assert table["close"].iloc[-1] == pytest.approx((60.5 + 10 * math.sin((NOW * 1000 - HOUR_MS) / 3e9)) / 100)


def test_volatility_index__interrupted__goes_on_where_it_was(client: Deribit, folder: Folder, venue: Venue) -> None:
    venue.lie = lambda method, result: result if questions(venue, "volatility") < 20 else {"data": "gone"}
    with pytest.raises(SourceUnavailable, match="data 'gone' is no list"):
        fetch(client, folder).volatility_index("ETH", "1h")
    assert not (folder.path / "index_ETH.csv").exists()
    venue.lie = lambda method, result: result
    fetched, _ = fetch(client, folder).volatility_index("ETH", "1h")
    assert (fetched.rows, fetched.missing) == (35_100, 0)
    assert questions(venue, "volatility") == 20 + 17


def test_volatility_index__a_day_later__asks_for_that_day_alone(
    client: Deribit, folder: Folder, venue: Venue, clock: FakeClock
) -> None:
    fetch(client, folder).volatility_index("ETH", "1h")
    before = questions(venue, "volatility")
    clock.sleep(86_400)
    later = Fetch(client, folder, BEGAN * 1000, (NOW + 86_400) * 1000, quiet)
    fetched, _ = later.volatility_index("ETH", "1h")
    assert (fetched.rows, fetched.missing) == (35_124, 0)
    assert questions(venue, "volatility") == before + 1


def test_volatility_index__last_bar_is_late__is_fetched_the_next_time(
    client: Deribit, folder: Folder, venue: Venue
) -> None:
    venue.lie = lambda method, result: result | {"data": result["data"][:-1]}
    first, _ = fetch(client, folder, NOW - 86_400).volatility_index("ETH", "1h")
    venue.lie = lambda method, result: result
    second, _ = fetch(client, folder, NOW - 86_400).volatility_index("ETH", "1h")
    assert (first.rows, second.rows, second.missing) == (23, 24, 0)


def test_volatility_index__hour_that_the_venue_lacks__is_counted(client: Deribit, folder: Folder, venue: Venue) -> None:
    venue.lie = lambda method, result: result | {"data": result["data"][:10] + result["data"][12:]}
    fetched, _ = fetch(client, folder, NOW - 86_400).volatility_index("ETH", "1h")
    assert (fetched.rows, fetched.missing) == (22, 2)


def test_volatility_index__part_that_was_changed__is_named_and_can_be_removed(client: Deribit, folder: Folder) -> None:
    fetch(client, folder, NOW - 86_400).volatility_index("ETH", "1h")
    (part,) = folder.path.glob(".fetch/*/index_ETH_1h/*.csv")
    part.write_text("1,2,3\n", encoding="utf-8")
    with pytest.raises(BadFile, match="remove it, it is fetched again"):
        fetch(client, folder, NOW - 86_400).volatility_index("ETH", "1h")
    part.unlink()
    assert fetch(client, folder, NOW - 86_400).volatility_index("ETH", "1h")[0].rows == 24


@given(st.integers(LEAST_ROWS, 400), st.lists(st.integers(0, 12), max_size=4))
@settings(max_examples=25)
def test_fetch_all__any_page_size_and_interruptions__is_the_whole_once(
    tmp_path_factory: pytest.TempPathFactory, size: int, faults: list[int]
) -> None:
    parts = Parts(tmp_path_factory.mktemp("parts"), 2)
    base, left, asked = NOW * 1000, list(faults), []

    def ask(first: int, last: int) -> Page:
        asked.append((first, last))
        if left and len(asked) > left[0]:
            left.pop(0)
            raise SourceUnavailable("venue", "gone")
        times = [at for at in range(base, base + 1_200) if first <= at <= last]
        rows = [(float(at), float(at % 7)) for at in times[-size:]]
        return Page(rows, first - 1 if len(times) <= size else times[-size] - 1)

    for _ in range(len(faults) + 1):
        try:
            rows = fetch_all(parts, (base, base + 1_199, 1), ask, Asked("venue", "rows", "of a test"), quiet)
            break
        except SourceUnavailable:
            continue
    assert [int(row[0]) for row in rows] == list(range(base, base + 1_200))
    assert holes(rows, 1) == 0
    covered = parts.covered()
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(covered))


def test_funding__years__is_three_times_a_day(client: Deribit, folder: Folder) -> None:
    fetched, _ = fetch(client, folder, NOW - 400 * 86_400).funding("ETH")
    table = read_folder(folder.path, NOW).tables["funding_ETH"]
    assert (fetched.rows, fetched.missing) == (1200, 0)
    assert set(table.index % 28_800) == {0}


def test_index__chart__is_the_last_price_of_each_day_that_is_over(client: Deribit, folder: Folder) -> None:
    fetched, _ = fetch(client, folder).index("ETH", "1y")
    assert (fetched.rows, fetched.missing) == (365, 0)
    table = read_folder(folder.path, NOW).tables["price_ETH"]
    assert table.index[-1] == NOW - 86_400


def test_deliveries__paged_by_offset__are_all_days_once(client: Deribit, tmp_path: Path, venue: Venue) -> None:
    folder = Folder(tmp_path / "deliveries")
    fetched, _ = fetch(client, folder, NOW - 2000 * 86_400).deliveries("ETH")
    folder.close()
    assert (fetched.rows, questions(venue, "delivery")) == (1500, 2)
    lines = (tmp_path / "deliveries" / "delivery_ETH.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "day,price"
    assert lines[1:] == sorted(lines[1:])


def test_folder__fetched_alone__says_where_each_file_is_from(client: Deribit, folder: Folder) -> None:
    fetch(client, folder, NOW - 86_400 * 30).funding("ETH")
    fetch(client, folder, NOW - 86_400 * 30).volatility_index("ETH", "1d")
    said = tomllib.loads((folder.path / "source.toml").read_text(encoding="utf-8"))
    assert said["provenance"] == "file"
    assert "index_ETH.csv: http://127.0.0.1" in said["source"]
    assert "public/get_funding_rate_history at 2026-03-02" in said["source"]


@pytest.mark.parametrize("name", ["price_BTC.csv", "source.toml"])
def test_folder__files_of_others__keep_their_own_word(client: Deribit, tmp_path: Path, name: str) -> None:
    place = tmp_path / "mixed"
    place.mkdir()
    (place / name).write_text("", encoding="utf-8")
    folder = Folder(place)
    _, words = fetch(client, folder, NOW - 86_400 * 30).funding("ETH")
    folder.close()
    assert "was left as it is" in words
    assert not (place / "source.toml").exists() or (place / "source.toml").read_text(encoding="utf-8") == ""


def test_folder__test_venue__says_simulated(client: Deribit, folder: Folder) -> None:
    client.is_test = True
    fetch(client, folder, NOW - 86_400 * 30).funding("ETH")
    assert read_folder(folder.path, NOW).provenance is Provenance.SIMULATED


def test_folder__used_twice_at_once__is_refused(folder: Folder) -> None:
    with pytest.raises(BadFile, match="another run works in this folder"):
        Folder(folder.path)


def collector(client: Deribit, clock: FakeClock, place: Path, **terms: Any) -> tuple[Collector, list[Any], list[Any]]:
    took: list[OptionRows] = []
    failed: list[BridgeError] = []
    terms = {"assets": ("ETH", "XRP"), "every": 300, "linear": False} | terms
    made = Collector(client, terms["assets"], place, terms["every"], terms["linear"], clock, took.append, failed.append)
    return made, took, failed


def test_collect__rounds__are_a_folder_that_is_read_as_a_chain_file(
    client: Deribit, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, took, failed = collector(client, clock, tmp_path / "chains")
    made.run(3)
    assert (made.parts, made.faults, len(took), failed) == (3, 0, 6, [])
    times = [time for time, _ in part_times(tmp_path / "chains")]
    assert [later - earlier for earlier, later in pairwise(times)] == [300, 300]
    found = read_chain_file(tmp_path / "chains")
    assert set(found) == {"ETH", "XRP"}
    assert abs(found["ETH"].observed_at - times[-1]) <= 5
    assert found["ETH"].fees.of_underlying == 0.0003
    assert found["XRP"].fees.of_underlying == 0.0005
    assert {row.lot for row in found["XRP"].rows} == {1000.0}
    assert index_from_chain(found["ETH"].quotes).vol == pytest.approx(0.72, abs=0.04)
    first = read_chain_file(tmp_path / "chains", times[0] + 100)["ETH"]
    assert abs(first.observed_at - times[0]) <= 5
    assert len(list(read_snapshots(tmp_path / "chains", "ETH"))) == 3


def test_collect__round_that_fails__is_said_and_the_next_one_comes_at_its_time(
    client: Deribit, clock: FakeClock, tmp_path: Path, venue: Venue
) -> None:
    made, took, failed = collector(client, clock, tmp_path / "chains", assets=("ETH",))
    venue.odd = [None, None, None, status(403), None]
    made.run(3)
    assert (made.rounds, made.parts, made.faults) == (3, 2, 1)
    assert "HTTP 403" in str(failed[0])
    assert len(took) == 2


def test_collect__one_asset_fails__takes_no_other_with_it(
    client: Deribit, clock: FakeClock, tmp_path: Path, venue: Venue
) -> None:
    made, took, failed = collector(client, clock, tmp_path / "chains", assets=("DOGE", "ETH"))
    made.run(1)
    assert [each.asset for each in took] == ["ETH"]
    assert "it lists no options on DOGE" in str(failed[0])


def test_collect__maintenance_for_longer_than_a_round__skips_rounds(
    client: Deribit, clock: FakeClock, tmp_path: Path, venue: Venue
) -> None:
    made, _, failed = collector(client, clock, tmp_path / "chains", assets=("ETH",), every=60)
    venue.errors = [Refused(11051, "system_maintenance")] * 30
    made.run(4)
    assert made.faults >= 1
    assert "11051 system_maintenance" in str(failed[0])
    assert (clock.at - NOW) // 60 >= 4


@pytest.mark.parametrize("name", ["notes.txt", "20269902T120000Z.csv"])
def test_collect__folder_with_something_else__is_refused_before_anything_is_asked(
    client: Deribit, clock: FakeClock, tmp_path: Path, venue: Venue, name: str
) -> None:
    (tmp_path / name).write_text("x", encoding="utf-8")
    made, _, _ = collector(client, clock, tmp_path)
    with pytest.raises(BadFile):
        made.run(1)
    assert venue.seen == []


def test_collect__too_fast__is_refused(client: Deribit, clock: FakeClock, tmp_path: Path) -> None:
    made, _, _ = collector(client, clock, tmp_path, every=59)
    with pytest.raises(UsageError, match="at least 60s"):
        made.run(1)


def test_read_chain_file__parts_of_two_forms_of_one_time__are_refused(tmp_path: Path) -> None:
    for ending in ("csv", "parquet"):
        (tmp_path / part_name(NOW)).with_suffix(f".{ending}").write_text("x", encoding="utf-8")
    with pytest.raises(BadFile, match="is of the same time as"):
        read_chain_file(tmp_path)


def test_chain_file__crossed_quotes_of_a_venue__are_none_and_counted(
    client: Deribit, clock: FakeClock, tmp_path: Path, venue: Venue
) -> None:
    def cross(method: str, result: Any) -> Any:
        if method.endswith("by_currency"):
            row = next(row for row in result if row["bid_price"])
            row["bid_price"] = 2 * row["ask_price"]
        return result

    venue.lie = cross
    made, _, _ = collector(client, clock, tmp_path / "chains", assets=("ETH",))
    made.run(1)
    assert "1 crossed quotes read as no quote" in read_chain_file(tmp_path / "chains")["ETH"].source


def test_chain_file__of_the_test_venue__is_simulated(client: Deribit, clock: FakeClock, tmp_path: Path) -> None:
    client.is_test = True
    made, _, _ = collector(client, clock, tmp_path / "chains", assets=("ETH",))
    made.run(1)
    assert read_chain_file(tmp_path / "chains")["ETH"].provenance is Provenance.SIMULATED


def test_trades__pages_without_end__stop_and_say_so(
    client: Deribit, tmp_path: Path, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.venues.histories.MOST_PAGES", 3)
    start = NOW * 1000 - 80_000_000

    def endless(method: str, result: Any) -> Any:
        at = start + 1_000 * len(venue.seen)
        row = {"trade_id": f"ETH-{at}", "timestamp": at, "instrument_name": "ETH-27MAR26-3000-C", "direction": "buy",
               "amount": 1.0, "price": 0.01, "iv": 60.0, "index_price": 3000.0}  # fmt: skip
        return {"trades": [row], "has_more": True}

    venue.lie = endless
    folder = Folder(tmp_path / "trades")
    with pytest.raises(SourceUnavailable, match="fill more than 3 pages"):
        fetch(client, folder, NOW - 86_400).trades("ETH")
    folder.close()
    assert not (tmp_path / "trades" / "trades_ETH.csv").exists()
