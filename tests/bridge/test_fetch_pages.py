"""Pages of a venue that lies: each reading of a history ends, and says which method repeats what."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bridge.errors import BadFile, SourceUnavailable
from bridge.venues.deribit import Deribit
from bridge.venues.deribit_account import KEY_VARIABLE, SECRET_VARIABLE, DeribitAccount
from bridge.venues.histories import FUNDING_MS, Fetch, Folder
from tests.bridge.fake_venue import CLIENT, HOUR_MS, SECRET, FakeClock, Venue, fake_venue

pytestmark = pytest.mark.unit
NOW = 1_772_452_800
BEGAN = 1_646_092_800  # 35,100 hours before


@pytest.fixture
def venue() -> Iterator[Venue]:
    with fake_venue(FakeClock(NOW)) as made:
        yield made


@pytest.fixture
def client(venue: Venue) -> Iterator[Deribit]:
    made = Deribit(venue.url, venue.clock, 10.0)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path / "signals")
    yield made
    made.close()


def fetch(client: Deribit, folder: Folder, since: int = BEGAN) -> Fetch:
    return Fetch(client, folder, since * 1000, NOW * 1000, lambda what, share: None)


DAYS = [{"date": "2026-03-01", "delivery_price": 3000.0}]
DVOL, DELIVERY = "get_volatility_index_data", "get_delivery_prices"


def one_bar(end: int, step: int) -> dict[str, Any]:
    """A page of one bar, after which one goes on a step earlier."""
    return {"data": [[end, 60.0, 61.0, 59.0, 60.0]], "continuation": end - step}


def a_day_earlier(offset: int) -> dict[str, Any]:
    """A page of one day, each earlier than the one before it."""
    day = time.strftime("%Y-%m-%d", time.gmtime(NOW - offset * 86_400))
    return {"data": [{"date": day, "delivery_price": 3000.0}], "records_total": 1_000_000}


LIES: dict[str, tuple[str, Callable[[dict[str, int]], dict[str, Any]], str]] = {
    "a millisecond earlier": (DVOL, lambda terms: one_bar(terms["end_timestamp"], 1), "the next one would repeat it"),
    "a step earlier": (DVOL, lambda terms: one_bar(terms["end_timestamp"], HOUR_MS), "than 356 pages for 35,100 rows"),
    "the same day": (DELIVERY, lambda terms: {"data": DAYS, "records_total": 1_000_000},
                     "its page from 1 on gives 2026-03-01 to 2026-03-01 again"),
    "a day earlier": (DELIVERY, lambda terms: a_day_earlier(terms["offset"]), "more than 19 pages since 2022-03-01"),
    "more than asked for": (DELIVERY, lambda terms: {"data": DAYS * 1001, "records_total": 1_001}, "most 1,000 rows"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_fetch__pages_that_repeat_themselves__end_with_host_method_and_what_is_repeated(
    client: Deribit, folder: Folder, venue: Venue, name: str
) -> None:
    """They went on for ever: a venue that says that there is always more."""
    method, lie, words = LIES[name]

    def told(_: str, result: Any) -> Any:
        terms = {key: int(value) for key, value in parse_qsl(urlsplit(venue.seen[-1]).query) if value.isdigit()}
        return lie(terms)

    venue.lie = told
    made = fetch(client, folder)
    with pytest.raises(SourceUnavailable, match=words) as refused:
        made.volatility_index("ETH", "1h") if method == DVOL else made.deliveries("ETH")
    assert f"127.0.0.1:{venue.server_port}" in str(refused.value)
    assert method in str(refused.value)
    assert len(venue.seen) < 400
    assert not list(folder.path.glob("*.csv"))


def test_deliveries__older_than_asked_for__are_not_asked_for(client: Deribit, folder: Folder, venue: Venue) -> None:
    fetched, _ = fetch(client, folder, NOW - 300 * 86_400).deliveries("ETH")
    assert (fetched.rows, len(venue.seen)) == (301, 1)


def test_funding__perpetual_of_this_hour__is_one_row(client: Deribit, folder: Folder, venue: Venue) -> None:
    last = NOW * 1000 // FUNDING_MS * FUNDING_MS
    venue.lie = lambda method, result: [row for row in result if row["timestamp"] == last]
    assert fetch(client, folder, NOW - 86_400 * 60).funding("ETH")[0].rows == 1


def test_fills__pages_without_end__stop_and_say_so(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last page that it asked for, it went on as if there were no more."""
    monkeypatch.setenv(KEY_VARIABLE, CLIENT)
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    monkeypatch.setattr("bridge.venues.deribit_account.MOST_PAGES", 3)
    account = DeribitAccount(venue.url, venue.clock)

    def endless(method: str, result: Any) -> Any:
        number = len(venue.seen)
        return {"trades": [{"trade_id": f"ETH-{number}", "timestamp": BEGAN * 1000 + number}], "has_more": True}

    venue.lie = endless
    with pytest.raises(SourceUnavailable, match="get_user_trades_by_currency_and_time: ETH: more than 3 pages"):
        account.fills("ETH", BEGAN * 1000, NOW * 1000)
    venue.lie = lambda method, result: {"trades": [{"trade_id": "1", "timestamp": BEGAN * 1000}], "has_more": True}
    with pytest.raises(SourceUnavailable, match=r"_by_currency_and_time: ETH: its page from .* repeats"):
        account.fills("ETH", BEGAN * 1000, NOW * 1000)
    account.close()


HONEST = {"file": "x", "source": "s", "method": "m", "fetched_at": "t", "rows": 1, "first": "a", "last": "b",
          "missing": 0, "simulated": False}  # fmt: skip
ORIGINS: dict[str, Any] = {
    "a number": {"x": 1},
    "no object": [1],
    "a field missing": {"x": {"file": "x"}},
    "a field more": {"x": HONEST | {"more": 1}},
    "rows no number": {"x": HONEST | {"rows": "1"}},
    "another name": {"y": HONEST},
    "source no text": {"x": HONEST | {"source": {"a": 1}}},
}


@pytest.mark.parametrize("name", ORIGINS)
def test_folder__origins_of_another_kind__are_named_before_anything_is_asked_or_written(
    tmp_path: Path, name: str
) -> None:
    """It ended with a traceback after the file was written, and its source was not."""
    place = tmp_path / "signals"
    (place / ".fetch").mkdir(parents=True)
    (place / ".fetch" / "origins.json").write_text(json.dumps(ORIGINS[name]), encoding="utf-8")
    for _ in range(2):  # the lock is given back
        with pytest.raises(
            BadFile, match=r"origins\.json: not where files are from, as fetches write it: move it away"
        ):
            Folder(place)
    (place / ".fetch" / "origins.json").write_text(json.dumps({"x": HONEST}), encoding="utf-8")
    Folder(place).close()
