"""Files of histories: read as documented, or refused in one line that names file and row."""

from __future__ import annotations

import re
import time
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.errors import BadFile
from bridge.sources.histories.files import LAYOUTS, read_folder
from hedge.market import Provenance

pytestmark = pytest.mark.unit

LATEST = 1_772_452_800  # 2026-03-02 12:00 UTC
DAYS = ["2026-02-27T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"]
SECONDS = [1_772_150_400, 1_772_236_800, 1_772_323_200]


def good(name: str, **columns: Any) -> pd.DataFrame:
    """Return three rows of a file as documented, with some columns changed."""
    bars = {"open": [60.0, 61.0, 62.0], "high": [63.0] * 3, "low": [58.0] * 3, "close": [61.0, 62.0, 60.0]}
    kinds: dict[str, dict[str, Any]] = {
        "price_ETH": {"known_at": DAYS, **bars, "volume": [1.0, 0.0, 2.0]},
        "index_ETH": {"known_at": DAYS, **bars},
        "term_ETH": {"known_at": DAYS, "near": [60.0] * 3, "far": [62.0] * 3},
        "funding_ETH": {"known_at": DAYS, "rate": [1e-4, -1e-4, 0.0]},
        "releases": {"known_at": DAYS, "event": ["CPI", "PPI", "CPI"], "actual": [0.2, None, -0.1]},
        "calendar": {
            "announced_at": ["2025-12-01T00:00:00Z"] * 3,
            "event": ["CPI", "CPI", "FOMC"],
            "release_at": ["2026-03-11T12:30:00Z", "2026-04-10T12:30:00Z", "2026-04-10T12:30:00Z"],
        },
        "rates": {"known_at": DAYS, "home": [3.5] * 3, "foreign": [-0.1] * 3},
        "dollar": {"known_at": DAYS, "close": [110.0] * 3},
        "members": {"known_at": DAYS, "sol": [1.0, None, 2.0], "ada": [0.5] * 3},
        "market": {"known_at": DAYS, "close": [5e3] * 3, "vol": [16.0] * 3},
    }
    return pd.DataFrame(kinds[name] | columns)


NAMES = sorted(f"{table}_ETH" if layout.per_asset else table for table, layout in LAYOUTS.items())


def write(folder: Path, name: str, frame: pd.DataFrame, suffix: str = ".csv") -> Path:
    path = folder / f"{name}{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
    return path


def refused(folder: Path, name: str, latest: int = LATEST, **columns: Any) -> str:
    path = write(folder, name, good(name, **columns))
    with pytest.raises(BadFile) as caught:
        read_folder(folder, latest)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_read_histories__every_layout__is_read_as_documented(tmp_path: Path, suffix: str) -> None:
    for name in NAMES:
        write(tmp_path, name, good(name), suffix)
    (tmp_path / "README.md").write_text("not a table", encoding="utf-8")
    (tmp_path / "source.toml").write_text('source = "made up  by hand"\nprovenance = "stated"\n', encoding="utf-8")
    found = read_folder(tmp_path, LATEST)
    assert sorted(found.tables) == NAMES
    assert (found.origin, found.provenance) == ("made up by hand; not read: README.md", Provenance.STATED)
    assert all(found.tables[name].index.tolist() == SECONDS for name in NAMES if name != "calendar")
    assert found.tables["index_ETH"]["close"].tolist() == [0.61, 0.62, 0.6]
    assert found.tables["market"]["vol"].tolist() == [0.16] * 3
    assert found.tables["price_ETH"]["close"].tolist() == [61.0, 62.0, 60.0]
    assert [release.event for release in found.calendar().releases] == ["CPI", "CPI", "FOMC"]
    actual, expected = found.event("CPI")
    assert actual.tolist() == [0.2, -0.1]
    assert expected.empty


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_read_histories__files_say_where_they_are_from__counts_where_the_folder_says_more(
    tmp_path: Path, suffix: str
) -> None:
    for name in ("dollar", "members", "price_ETH"):
        write(tmp_path, name, good(name), suffix)
    assert read_folder(tmp_path, LATEST).provenance is Provenance.UNSTATED
    for name in ("dollar", "members"):
        write(tmp_path, name, good(name).assign(provenance="simulated"), suffix)
    for sidecar, kind in (("", ""), ('source = "Deribit"\nprovenance = "live"\n', "Deribit"), ('source = "x"\n', "x")):
        if sidecar:
            (tmp_path / "source.toml").write_text(sidecar, encoding="utf-8")
        found = read_folder(tmp_path, LATEST)
        assert (found.provenance, "provenance" in found.tables["members"]) == (Provenance.SIMULATED, False)
        assert found.origin.endswith("; dollar and 1 more say simulated")
        assert found.origin.startswith(kind or f"files of {tmp_path.name}")
    (tmp_path / "source.toml").write_text('source = "me"\nprovenance = "stated"\n', encoding="utf-8")
    assert read_folder(tmp_path, LATEST).provenance is Provenance.STATED


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (["simulated", "simulated", "file"], "column provenance: simulated and file in one file"),
        (["simulated", "market", "file"], "row 2, column provenance: 'market' is none of stated, file, simulated"),
        (["simulated", None, None], "row 2, column provenance: "),
        ([0, 0, 0], "row 1, column provenance: '0' is none of"),
    ],
)
def test_read_histories__word_for_a_source_that_is_none__is_refused(
    tmp_path: Path, said: list[Any], words: str
) -> None:
    write(tmp_path, "dollar", good("dollar").assign(provenance=said))
    with pytest.raises(BadFile, match=re.escape(words)):
        read_folder(tmp_path, LATEST)


def test_read_histories__link_to_nothing_in_the_place_of_the_source__is_refused(tmp_path: Path) -> None:
    write(tmp_path, "dollar", good("dollar"))
    (tmp_path / "source.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadFile, match=r"source\.toml: no such file"):
        read_folder(tmp_path, LATEST)


def test_read_histories__unix_seconds_and_fractions__are_known_when_the_second_is_over(tmp_path: Path) -> None:
    write(tmp_path, "dollar", good("dollar", known_at=SECONDS))
    assert read_folder(tmp_path, LATEST).tables["dollar"].index.tolist() == SECONDS
    late = [f"{day[:-1]}.016Z" for day in DAYS]
    write(tmp_path, "dollar", good("dollar", known_at=late))
    assert read_folder(tmp_path, LATEST).tables["dollar"].index.tolist() == [second + 1 for second in SECONDS]


def test_read_histories__no_files__knows_nothing(tmp_path: Path) -> None:
    assert read_folder(tmp_path, LATEST).tables == {}


def test_read_histories__no_folder__says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"no such folder of histories: set signals\.folder"):
        read_folder(tmp_path / "none", LATEST)


@pytest.mark.parametrize(
    ("name", "columns", "words"),
    [
        ("dollar", {"known_at": [DAYS[0], DAYS[2], DAYS[1]]}, "row 3 of 2026-02-28 00:00:00Z comes after a later one"),
        ("dollar", {"known_at": [DAYS[0], DAYS[1], DAYS[1]]}, "row 3 of 2026-02-28 00:00:00Z is there twice"),
        ("dollar", {"known_at": [DAYS[0], DAYS[1], None]}, "known_at is empty in row 3"),
        ("dollar", {"known_at": [DAYS[0], DAYS[1], "soon"]}, "a value cannot be used: "),
        (
            "dollar",
            {"known_at": [SECONDS[0] * 1000, *SECONDS[1:]]},
            "looks like milliseconds, and the column is in sec",
        ),
        ("dollar", {"known_at": [46_080, 46_081, 46_082]}, "looks like an Excel serial of 2026-02-27"),
        (
            "price_ETH",
            {"known_at": ["1970-01-01", *DAYS[1:]]},
            "1970-01-01 in row 1 is 1970-01-01 00:00:00Z, before 2009",
        ),
        ("dollar", {"known_at": [*DAYS[:2], "2026-03-03T00:00:00Z"]}, "row 3 says to be known at 2026-03-03"),
        ("dollar", {"close": [110.0, None, 111.0]}, "close is empty in row 2"),
        ("dollar", {"close": [110.0, 0.0, 111.0]}, "close 0 is not above 0 in row 2"),
        ("dollar", {"close": [110.0, np.inf, 111.0]}, "close inf is infinite in row 2"),
        ("dollar", {"close": ["a", "b", "c"]}, "a value cannot be used: close 'a' is no number in row 1"),
        ("dollar", {"volume": [1, 2, 3]}, "a column volume too many: its columns are known_at, close"),
        ("index_ETH", {"close": [0.61, 0.62, 0.6]}, "close 0.61 is no volatility in points, 1 to 1000 (60 is 60 %)"),
        (
            "price_ETH",
            {"open": [1.0] * 3, "low": [0.5] * 3, "close": [61.0, 1.0, 60.0]},
            "close 1 in row 2 is beside 61 in the row before it and 60 in the next: a wrong row",
        ),
        (
            "index_ETH",
            {"open": [1.6] * 3, "high": [1.7] * 3, "low": [1.5] * 3, "close": [1.6] * 3},
            "looks like a decimal",
        ),
        ("term_ETH", {"near": [1.6] * 3, "far": [1.7] * 3}, "near 1.6 in the middle looks like a decimal"),
        ("rates", {"home": [350.0] * 3}, "home 350 in the middle looks like basis points: 3.5 is 3.5 % a year"),
        ("index_ETH", {"high": [63.0, 61.5, 63.0]}, "row 2: open or close is beyond high"),
        ("index_ETH", {"low": [58.0, 58.0, 61.0]}, "row 3: open or close is beyond low"),
        ("members", {"ada": [0.5, -0.5, 0.5]}, "ada -0.5 is not above 0 in row 2"),
        ("releases", {"event": ["CPI", None, "CPI"]}, "event is empty in a row"),
        ("releases", {"event": ["CPI", "CPI ", "CPI"]}, "two events differ only in case or spaces, or look the same"),
        ("releases", {"known_at": [DAYS[0], DAYS[2], DAYS[2]], "event": ["CPI"] * 3}, "row 3 of 2026-03-01"),
        ("calendar", {"announced_at": ["2026-03-01", "2026-05-01", "2026-03-01"]}, "in the future"),
        ("calendar", {"release_at": ["2025-03-11T12:30:00Z"] * 3, "event": ["a", "b", "c"]}, "after it was released"),
    ],
)
def test_read_histories__unusable_row__is_named(tmp_path: Path, name: str, columns: dict[str, Any], words: str) -> None:
    assert words in refused(tmp_path, name, **columns)


@pytest.mark.parametrize("name", ["price_ETH", "price_BTC"])
def test_read_histories__price_that_stood_still_for_more_than_a_month__is_named(tmp_path: Path, name: str) -> None:
    days = pd.date_range("2025-12-01", periods=60).strftime("%Y-%m-%d").tolist()
    close = [60.0 + number % 7 for number in range(60)]
    for frozen, fits in ((30, True), (33, False), (60, False)):
        rows = [f"{day},{close[0] if number < frozen else close[number]}" for number, day in enumerate(days)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["known_at,close", *rows]) + "\n")
        if fits:
            assert name in read_folder(tmp_path, LATEST).tables
        else:
            with pytest.raises(BadFile, match=f"{name}.csv: close is 60 in every row from 1 to {frozen}: a feed that"):
                read_folder(tmp_path, LATEST)


MEMBERS = "known_at,UNI,AAVE\n2026-01-05,6.1,160\n2026-01-06,6.2,150\n2026-01-07,6.0,149\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (",known_at,UNI\n1,2026-01-05,6.1\n2,2026-01-06,6.2\n", "column 1 has no name, as an index"),
        ("Unnamed: 0,known_at,UNI\n0,2026-01-05,6.1\n", "column 1 has no name, as an index"),
        ("known_at,UNI,\n2026-01-05,6.1,1\n", "column 3 has no name"),
        ("known_at, ,UNI\n2026-01-05,6.1,1\n", "column 2 has no name"),
        ("known_at,UNI,UNI,AAVE\n2026-01-05,6.1,6.1,160\n", "the column UNI is there twice: keep one of them"),
        ("known_at,UNI, UNI\n2026-01-05,6.1,6.2\n", "the column UNI is there twice"),
        ("known_at,known_at,UNI\n2026-01-05,2026-01-05,6.2\n", "the column known_at is there twice"),
        ("known_at,UNI,uni\n2026-01-05,6.1,6.2\n", "two columns differ only in case or spaces"),
        ("known_at,UNI\n0,2026-01-05,6.1\n1,2026-01-06,6.2\n", "more values than the first line has names"),
        ("index," + MEMBERS.replace("\n2026", "\n#,2026"), "index '#' is no number in row 1"),
        (
            "index,known_at,UNI\n1,2026-01-05,6\n2,2026-01-06,7\n3,2026-01-07,9\n",
            "the column index is no member's by its name",
        ),
        (
            "known_at,A,UNI\n2026-01-05,1,6\n2026-01-06,2,7\n2026-01-07,3,9\n",
            "the column A counts the rows and is no member's price",
        ),
        (
            "known_at,seen,UNI\n2026-01-05,20260105,6\n2026-01-06,20260106,7\n",
            "the column seen holds times and no member's price",
        ),
        ("known_at,UNI,UNI.1\n2026-01-05,6.1,6.1\n2026-01-06,6.2,6.2\n", "UNI and UNI.1 have the same prices"),
        ("index,known_at,UNI\n1,2026-01-05,6.1\n2,2026-01-06,6.2\n", "the column index is no member's by its name"),
        ("known_at,Id,UNI\n2026-01-05,77,6.1\n", "the column Id is no member's by its name"),
        ("known_at,UNI,AAVE\n2026-01-05,6.1,\n2026-01-06,6.2,\n", "the column AAVE is empty in every row"),
        ("known_at,UNI\n2026-01-05,high\n", "UNI 'high' is no number in row 1"),
        ("known_at,UNI\n2026-01-05,True\n", "is empty in row 1|is no number in row 1"),
        ("known_at,name,UNI\n2026-01-05,a,6.1\n", "name 'a' is no number in row 1"),
    ],
)
def test_read_histories__columns_that_are_no_members__are_refused_by_name(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "members.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadFile, match=words):
        read_folder(tmp_path, LATEST)


def test_read_histories__members_as_they_should_be__are_all_read(tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text("\ufeff" + MEMBERS.replace("\n", "\r\n"), encoding="utf-8")
    assert list(read_folder(tmp_path, LATEST).tables["members"]) == ["UNI", "AAVE"]


@given(
    order=st.permutations(["known_at", "UNI", "AAVE", "LINK"]),
    extra=st.sampled_from(["", "UNI", "known_at", " AAVE", "link"]),
    place=st.integers(0, 4),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_read_histories__any_order_of_columns__is_the_same_and_any_extra_one_refused(
    tmp_path: Path, order: list[str], extra: str, place: int
) -> None:
    rows = pd.read_csv(StringIO(MEMBERS)).assign(LINK=[14.0, 14.5, 13.9])[order]
    path = tmp_path / "members.csv"
    rows.to_csv(path, index=False)
    assert read_folder(tmp_path, LATEST).tables["members"]["AAVE"].tolist() == [160.0, 150.0, 149.0]
    names, values = list(rows.columns), [[str(value) for value in row] for row in rows.to_numpy()]
    names.insert(place, extra)
    lines = [",".join(names), *(",".join([*row[:place], "7.5", *row[place:]]) for row in values)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"has no name|is there twice|differ only in case"):
        read_folder(tmp_path, LATEST)


@pytest.mark.parametrize("scale", [100.0, 1095.0])
def test_read_histories__funding_in_percent_or_a_year__is_refused(tmp_path: Path, scale: float) -> None:
    said = refused(tmp_path, "funding_ETH", rate=[1e-4 * scale, -1e-4 * scale, 2e-4 * scale])
    assert "in the middle looks like percent, or a rate a year" in said


@pytest.mark.parametrize("name", NAMES)
def test_read_histories__column_missing__names_the_layout(tmp_path: Path, name: str) -> None:
    columns = good(name).columns
    path = write(tmp_path, name, good(name)[columns[1:]])
    with pytest.raises(BadFile, match=f"no column {columns[0]}|a column per member"):
        read_folder(tmp_path, LATEST)
    write(tmp_path, name, good(name).iloc[:0])
    with pytest.raises(BadFile, match="holds no rows"):
        read_folder(tmp_path, LATEST)
    path.write_bytes(b"")
    with pytest.raises(BadFile, match="cannot be read as a table"):
        read_folder(tmp_path, LATEST)


@pytest.mark.parametrize("name", ["indx_ETH", "index", "dollar_ETH", "history"])
def test_read_histories__foreign_name__lists_the_names_that_are_known(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, good("dollar"))
    with pytest.raises(BadFile, match="no history has this name: price_ASSET, index_ASSET"):
        read_folder(tmp_path, LATEST)


def test_read_histories__one_history_in_two_files__is_refused(tmp_path: Path) -> None:
    write(tmp_path, "dollar", good("dollar"))
    write(tmp_path, "dollar", good("dollar"), ".parquet")
    with pytest.raises(BadFile, match="dollar is there twice"):
        read_folder(tmp_path, LATEST)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("price_eth.csv", "'eth' is no asset's name, which is in capitals as ETH"),
        ("price_ETH (1).csv", "'ETH (1)' is no asset's name"),
        ("price_\u0415TH.csv", r"'\\u0415TH' is no asset's name"),
        ("price_ETH .csv", "'ETH ' is no asset's name"),
        ("price_ETH.CSV", "is not read, and is named like a history"),
        ("price_ETH.xlsx", "is not read, and is named like a history"),
        ("Price_ETH.csv.bak", "is not read, and is named like a history"),
        ("index_ETH.csv.zip", "is not read, and is named like a history"),
        ("dollar.txt", "is not read, and is named like a history"),
        ("Source.toml", "is not read: name it source.toml"),
    ],
)
def test_read_folder__file_that_would_be_passed_over__is_refused_by_name(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).write_text("known_at,close\n2026-01-05,61.0\n", encoding="utf-8")
    with pytest.raises(BadFile, match=words.replace("(", r"\(").replace(")", r"\)")):
        read_folder(tmp_path, int(time.time()))


def test_read_folder__other_files__are_named_in_its_source(tmp_path: Path) -> None:
    for name in ("a.txt", "b.md", "c.png", "d.log", ".hidden"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert read_folder(tmp_path, int(time.time())).origin.endswith("; not read: a.txt, b.md, c.png and 1 more")


@pytest.mark.parametrize("factor", [0.1, 0.5, 2.0, 3.0, 9.5])
@pytest.mark.parametrize("kind", ["price", "index"])
def test_read_folder__one_wrong_close__is_named_with_the_rows_beside_it(
    tmp_path: Path, kind: str, factor: float
) -> None:
    close = 60.0 + np.arange(40.0) % 7
    close[20] *= factor
    frame = pd.DataFrame({"known_at": pd.date_range("2025-11-01", periods=40).strftime("%Y-%m-%d"), "close": close})
    if kind == "index":
        frame = frame.assign(high=close + 0.5, low=close - 0.5)
    frame.to_csv(tmp_path / f"{kind}_ETH.csv", index=False)
    if kind == "index" and 0.25 < factor < 4.0:
        return  # volatility doubles in a day, and halves
    with pytest.raises(BadFile, match="in row 21 is beside 65 in the row before it and 60 in the next"):
        read_folder(tmp_path, int(time.time()))
