"""A pool's swaps from a file: what is read, and how what cannot be used is named."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from bridge.errors import BadFile
from bridge.sources.swap_file import read_swap_file

pytestmark = pytest.mark.unit

HEAD = "time,base_in,quote_in,price,liquidity,fee\n"
ROWS = "1700000100,1,-99,99,10,0.003\n1700000160,-1,102,103,10,0.003\n"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "swaps.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_read_swap_file__every_column__is_what_the_file_says(tmp_path: Path) -> None:
    tape = read_swap_file(write(tmp_path, HEAD + ROWS))
    assert tape.times.tolist() == [1_700_000_100.0, 1_700_000_160.0]
    assert (tape.base_in.tolist(), tape.quote_in.tolist()) == ([1.0, -1.0], [-99.0, 102.0])
    assert tape.liquidity is not None
    assert tape.fee == 0.003


@pytest.mark.parametrize("start", ["\ufeff", ""])
def test_read_swap_file__byte_order_mark_crlf_and_iso_times__read_all_the_same(tmp_path: Path, start: str) -> None:
    text = start + "time,base_in,quote_in,price\r\n2021-08-10T00:00Z,1,-99,99\r\n2021-08-10T00:01Z,-1,102,103\r\n"
    tape = read_swap_file(write(tmp_path, text))
    assert tape.times[1] - tape.times[0] == 60.0
    assert tape.liquidity is None
    assert math.isnan(tape.fee)


def test_read_swap_file__one_swap_in_ten_of_dust_or_of_a_far_jump__is_read(tmp_path: Path) -> None:
    rows = [f"17000001{number}0,1,-99,99,10,0.003\n" for number in range(9)]
    for odd in ("1700000190,0,1,99,10,0.003\n", "1700000190,1e-18,-5,99,10,0.003\n"):
        assert len(read_swap_file(write(tmp_path, HEAD + "".join(rows) + odd)).times) == 10


def test_read_swap_file__parquet__same_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "swaps.parquet"
    pd.read_csv(write(tmp_path, HEAD + ROWS)).to_parquet(path)
    assert read_swap_file(path).prices.tolist() == [99.0, 103.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read as a table"),
        (b"\xff\xfe\x00", "cannot be read as a table"),
        (HEAD, "holds no swap"),
        ("time,price\n1,2\n", "no column base_in, quote_in"),
        (HEAD.replace("fee", "fees") + ROWS, "a column fees too many"),
        (HEAD + ROWS.replace("1700000160", "1700000090"), "row 2, column time: before the row above it"),
        (HEAD + ROWS.replace("1700000160", "soon"), "column time: "),
        (HEAD + ROWS.replace("103", "-103"), "row 2, column price: '-103' is not a price above 0"),
        (HEAD + ROWS.replace("102", "many"), "row 2, column quote_in: 'many' is not a number"),
        (HEAD + ROWS.replace("102", "1e99"), "row 2, column quote_in: '1e+99' is not a number"),
        (HEAD + ROWS.replace("102", "1e19"), "row 2, column quote_in: '1e+19' is not a number of tokens, at most 1e18"),
        (HEAD + ROWS.replace(",10,", ",1e25,"), "row 1, column liquidity: '1e+25' is not a liquidity of 0 or more"),
        (HEAD + ROWS.replace(",103,", ",1e30,"), "row 2, column price: '1e+30' is not a price above 0, 1e-18 to 1e18"),
        (HEAD + ROWS.replace(",103,", ",5e-324,"), "row 2, column price: "),
        (HEAD + ROWS.replace(",103,", ",1e9,"), "row 2: -quote_in/base_in is 102, and price 1e+09; 50% of the swaps"),
        (HEAD + ROWS.replace(",1,-99,", ",1,99,"), "row 1: -quote_in/base_in is -99, and price 99; 50% of the swaps"),
        (HEAD + ROWS.replace("-99", "-99e6").replace("102", "102e6"), "0% of the swaps fit their price: is one in raw"),
        (HEAD + ROWS.replace(",99,", ",0.0101,").replace(",103,", ",0.0099,"), "0% of the swaps fit their price"),
        (HEAD + ROWS.replace("102", ""), "row 2, column quote_in: 'nan' is not a number"),
        (HEAD + ROWS.replace("0.003", "3"), "row 1, column fee: '3' is not a share from 0 to 0.1: 0.003"),
        (HEAD + ROWS.replace("0.003", "0.3"), "row 1, column fee: '0.3' is not a share from 0 to 0.1: 0.003"),
        (HEAD + ROWS.replace("0.003", "0.005", 1), "row 2, column fee: 0.003 is not 0.005 as above it"),
    ],
)
def test_read_swap_file__unusable__is_named_by_row_and_column(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_swap_file(write(tmp_path, text))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_read_swap_file__absent_folder_or_device__refused(tmp_path: Path) -> None:
    for path, words in (
        (tmp_path / "none.csv", "no such file"),
        (tmp_path, "is no file"),
        (Path("/dev/zero"), "is no"),
    ):
        with pytest.raises(BadFile, match=words):
            read_swap_file(path)


@pytest.mark.parametrize("fee", [0.0005, 0.003, 0.01, 0.1])
def test_read_swap_file__fee_in_percent_below_the_highest__is_told_by_what_the_swaps_paid(
    tmp_path: Path, fee: float
) -> None:
    price, rows = 2000.0, []
    for number in range(40):
        before, price = price, price * (0.9999 if number % 3 else 1.0002)
        middle = math.sqrt(before * price)
        bought = number % 3 == 0
        quote = 1000.0 if bought else -1000.0 * (1.0 - fee)
        base = -1000.0 * (1.0 - fee) / middle if bought else 1000.0 / middle
        rows.append(f"{1767960000 + number},{base!r},{quote!r},{price!r}")
    for stated, fits in ((fee, True), (100.0 * fee, False)):
        text = "\n".join(["time,base_in,quote_in,price,fee", *(f"{row},{stated}" for row in rows)])
        (tmp_path / "swaps.csv").write_text(text + "\n")
        if fits:
            assert read_swap_file(tmp_path / "swaps.csv").fee == fee
        else:
            with pytest.raises(BadFile, match=r"column fee: .*0\.003 is 0\.3 %"):
                read_swap_file(tmp_path / "swaps.csv")


def pool(fee: float = 0.003, sign: float = 1.0, count: int = 40) -> pd.DataFrame:
    """Return swaps of a deep pool in both directions, what is paid in with its fee."""
    price, rows = 2000.0, []
    for number in range(count):
        before, price = price, price * (0.9999 if number % 3 else 1.0002)
        middle = math.sqrt(before * price)
        bought = number % 3 == 0
        quote = 1000.0 + number if bought else -(1000.0 + number) * (1.0 - fee)
        base = -(1000.0 + number) * (1.0 - fee) / middle if bought else (1000.0 + number) / middle
        rows.append((1767960000 + number, sign * base, sign * quote, price))
    return pd.DataFrame(rows, columns=["time", "base_in", "quote_in", "price"])


def told(folder: Path, frame: pd.DataFrame) -> str:
    frame.to_csv(folder / "swaps.csv", index=False)
    with pytest.raises(BadFile) as caught:
        read_swap_file(folder / "swaps.csv")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_read_swap_file__signs_of_the_trader__are_refused_without_any_fee(tmp_path: Path) -> None:
    pool().to_csv(tmp_path / "swaps.csv", index=False)
    assert len(read_swap_file(tmp_path / "swaps.csv").times) == 40
    message = told(tmp_path, pool(sign=-1.0))
    assert "row 2, column base_in: -0.500" in message
    assert "its price falls to 2000.2" in message
    assert "0% of the swaps move it the right way: are the signs those of the trader" in message


def test_read_swap_file__every_row_twice__is_refused_and_one_is_not(tmp_path: Path) -> None:
    frame = pool()
    message = told(tmp_path, pd.concat([frame, frame]).sort_values("time", kind="stable"))
    assert "row 2 is the same as row 1, and 40 of 80 rows are there before: was the file joined to itself?" in message
    assert "row 5 is the same as row 4" in told(
        tmp_path, pd.concat([frame, frame[3:9]]).sort_values("time", kind="stable")
    )
    one = pd.concat([frame, frame[3:4]]).sort_values("time", kind="stable")
    one.to_csv(tmp_path / "swaps.csv", index=False)
    assert len(read_swap_file(tmp_path / "swaps.csv").times) == 41


@pytest.mark.parametrize("fee", [0.0, 0.0001, 0.0005])
def test_read_swap_file__fee_far_below_what_the_swaps_paid__is_refused(tmp_path: Path, fee: float) -> None:
    message = told(tmp_path, pool().assign(fee=fee))
    assert f"column fee: {fee:g} is {fee:.3%}, and the swaps paid 0.3" in message
    assert "is it the fee of another pool?" in message
