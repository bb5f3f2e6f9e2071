"""Candles and first releases: paged, kept, as they were known; a key that is shown nowhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BadConfig, SourceUnavailable
from bridge.sources.histories.files import read_folder
from bridge.venues.binance import Binance
from bridge.venues.fred import KEY_VARIABLE, Fred
from bridge.venues.histories import Folder, candles
from bridge.venues.macro import dollar_rows, release_rows
from tests.bridge.fake_publishers import KEY, Publisher, fake_publisher
from tests.bridge.fake_venue import FakeClock

pytestmark = pytest.mark.unit
NOW = 1_772_452_800
SINCE = date(2025, 1, 1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def publisher(clock: FakeClock) -> Iterator[Publisher]:
    with fake_publisher(clock.now) as made:
        yield made


@pytest.fixture
def fred(publisher: Publisher, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fred]:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    made = Fred(publisher.url, clock)
    yield made
    made.close()


def taken(publisher: Publisher, clock: FakeClock, place: Path, symbol: str = "ETHUSDT", days: int = 200) -> Any:
    folder, venue = Folder(place), Binance(publisher.url, clock)
    try:
        span = ((NOW - days * 86_400) * 1000, NOW * 1000)
        return candles(venue, folder, symbol, "ETH", "1h", span, lambda what, share: None)
    finally:
        folder.close()
        venue.close()


def test_candles__hours_of_200_days__have_no_hole_and_are_known_when_over(
    publisher: Publisher, clock: FakeClock, tmp_path: Path
) -> None:
    fetched, words = taken(publisher, clock, tmp_path / "signals")
    assert (fetched.rows, fetched.missing, words) == (4_800, 0, "")
    assert len(publisher.seen) == 5
    table = read_folder(tmp_path / "signals", NOW).tables["price_ETH"]
    assert (table.index[-1], len(table)) == (NOW, 4_800)
    assert taken(publisher, clock, tmp_path / "signals")[0].rows == 4_800
    assert len(publisher.seen) == 5


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ((418, {"code": -1003, "msg": "banned until 1"}), "our address is banned"),
        ((451, b"<html>"), "does not serve this country"),
        ((200, b"<html>"), "is no JSON"),
        ((200, {"code": -1121, "msg": "Invalid symbol."}), "error -1121 Invalid symbol."),
        ((200, [[1, 2]]), "is no list of 12 entries"),
        ((200, [[NOW * 1000, "1", "0.5", "2", "1", "1", 0, "", 0, "", "", ""]]), "not between its low and high"),
        ((200, [[NOW * 1000, "1e3", "0.5", "2", "1", "1", 0, "", 0, "", "", ""]]), "open '1e3' is no number"),
        ((403, b"{}"), "HTTP 403"),
    ],
)
def test_candles__answer_that_cannot_be_used__is_named(
    publisher: Publisher, clock: FakeClock, tmp_path: Path, odd: tuple[int, Any], words: str
) -> None:
    publisher.odd = [odd]
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1") as caught:
        taken(publisher, clock, tmp_path / "signals")
    assert words in str(caught.value)


def test_candles__too_many_requests__are_asked_again(publisher: Publisher, clock: FakeClock, tmp_path: Path) -> None:
    publisher.odd = [(429, b""), (503, b"")]
    assert taken(publisher, clock, tmp_path / "signals")[0].missing == 0


def test_release_rows__revised_and_rebased__are_the_growth_that_was_released(fred: Fred) -> None:
    rows = release_rows(fred.figures, SINCE)
    figures = {(event, known): value for known, event, value in rows}
    assert [event for _, event, _ in rows] == ["FOMC", "output", "CPI", "CPI", "CPI"]
    assert figures["CPI", 1_761_350_400] == pytest.approx(100 * math.log(324.5 / 323.5), abs=1e-6)
    assert figures["output", 1_760_659_200] == pytest.approx(100 * math.log(1.01), abs=1e-6)
    assert figures["FOMC", 1_756_857_600] == 4.33
    assert figures["CPI", 1_763_596_800 + 86_400] == ""  # of October, never given: overdue on 21 November
    assert figures["CPI", 1_766_102_400] == ""  # of November: the month before it has no level


def test_dollar_rows__days_that_are_released_together__are_the_last_one(fred: Fred) -> None:
    assert dollar_rows(fred.figures, SINCE) == [(1_757_376_000, 115.5)]


@pytest.mark.parametrize("key", ["", "short", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef 123456789abcdef"])
def test_fred__key_that_is_none__is_refused_without_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    with pytest.raises(BadConfig, match=KEY_VARIABLE) as caught:
        Fred()
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ((400, {"error_code": 400, "error_message": f"The value {KEY} is not registered"}), "The value *** is not"),
        ((200, {"count": 2, "observations": []}), "other rows than it counts"),
        ((200, {"count": 1, "observations": [{"date": "x"}]}), "value is missing"),
        ((200, {"count": 1, "observations": [{"date": "2025-13-01", "value": "1"}]}), "date is no day"),
        ((200, b"<html>"), "is no JSON"),
        ((302, b""), "a redirect"),
    ],
)
def test_fred__answer_that_cannot_be_used__is_named_and_shows_no_key(
    fred: Fred, publisher: Publisher, odd: tuple[int, Any], words: str
) -> None:
    publisher.odd = [odd]
    with pytest.raises(SourceUnavailable) as caught:
        fred.figures("CPIAUCSL", SINCE)
    assert words in str(caught.value)
    assert KEY not in str(caught.value)
    assert "api_key" not in str(caught.value)
