"""Files of networks that people write: what they add, and what is refused, in one line that repeats nothing given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BadFile
from bridge.networks import known_networks, network_by_id
from bridge.networks.load import SHIPPED

pytestmark = pytest.mark.unit
FIRST = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
SECOND = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
NEW = f"""
name = "testchain"
title = "A Test Chain"
chain_id = 4242
coin = "ETH"
block_seconds = 1.5
finality_blocks = 10
number_is_own = true
wrapped = "{FIRST}"
tokens = [{{ symbol = "WETH", address = "{FIRST}", decimals = 18, asset = "ETH", kind = "wrapped" }}]
"""
BASE = 'name = "base"\nchain_id = 8453\n'
TOKEN = '{{ symbol = "{symbol}", address = "{at}", decimals = 18, asset = "ETH", kind = "plain" }}'
A, B = TOKEN.format(symbol="AAA", at=FIRST), TOKEN.format(symbol="BBB", at=SECOND)


def file(folder: Path, text: str | bytes, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("name", sorted(known_networks()))
def test_known_networks__a_shipped_file_given_again__changes_nothing(name: str) -> None:
    assert known_networks([SHIPPED / f"{name}.toml"]) == known_networks()


def test_known_networks__new_network__is_known_beside_the_others(tmp_path: Path) -> None:
    path = file(tmp_path, NEW)
    found = known_networks([path])
    assert set(found) == {*known_networks(), "testchain"}
    assert found["testchain"] == network_by_id(4242, [path])
    assert network_by_id(4242) is None


def test_known_networks__entries_for_a_known_one__come_before_those_of_the_same_address_or_pair(tmp_path: Path) -> None:
    text = f"""{BASE}
    finality_blocks = 5
    tokens = [
      {{ symbol = "USDC", address = "{USDC.lower()}", decimals = 6, asset = "EUR", kind = "stable" }}, {A},
    ]
    feeds = [
      {{ pair = "ETH/USD", address = "{SECOND}", heartbeat_seconds = 77 }},
      {{ pair = "AAA/USD", address = "{SECOND}", heartbeat_seconds = 78 }},
    ]
    [uniswap]
    v4_state_view = "{SECOND}"
    [stakers]
    "{FIRST}" = "masterchef_v3"
    """
    was, now = known_networks()["base"], known_networks([file(tmp_path, text)])["base"]
    assert (now.finality_blocks, now.uniswap.v4_state_view) == (5, SECOND)
    assert now.uniswap.model_copy(update={"v4_state_view": was.uniswap.v4_state_view}) == was.uniswap
    assert now.assets() == was.assets() | {USDC: "EUR", FIRST: "ETH"}
    assert len(now.tokens) == len(was.tokens) + 1
    changed = {pair: feed.heartbeat_seconds for pair, feed in now.feeds.items() if was.feeds.get(pair) != feed}
    assert changed == {"ETH/USD": 77, "AAA/USD": 78}
    assert now.stakers == {FIRST: "masterchef_v3"}
    assert known_networks()["base"] == was


def test_known_networks__two_files_on_one_network__both_count_and_the_later_wins(tmp_path: Path) -> None:
    one = file(tmp_path, f"{NEW}multicall = '{FIRST}'\n", "one.toml")
    two = file(tmp_path, f'name = "testchain"\nchain_id = 4242\ncoin = "TST"\ntokens = [{B}]', "two.toml")
    found = known_networks([one, two])["testchain"]
    assert (found.coin, found.multicall, len(found.tokens)) == ("TST", FIRST, 2)
    with pytest.raises(BadFile, match=r"title: missing: a new network needs it"):
        known_networks([two, one])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name: missing"),
        ("name = ", "not TOML in UTF-8"),
        (b"\xff\xfe\x00", "not TOML in UTF-8"),
        ("x = " + "[" * 5000, "not TOML in UTF-8"),
        (BASE + "sesame = 1", "sesame: unknown key"),
        (BASE + '"sk-live SECRET" = 1', r"\(not shown\): unknown key"),
        (BASE + "[uniswap]\nv5_factory = 1", "uniswap.v5_factory: unknown key"),
        (BASE.replace("8453", "8454"), "chain_id: base is chain 8453: correct it, or give another name"),
        (BASE.replace("base", "basis"), "name: chain 8453 is already known as base: use that name"),
        (NEW.replace('coin = "ETH"', ""), "coin: missing: a new network needs it"),
        (NEW.replace("4242", "0"), "chain_id: "),
        (NEW.replace("4242", "-5"), "chain_id: "),
        (NEW.replace("4242", "true"), "chain_id: "),
        (NEW.replace("4242", "1" * 400), "chain_id: "),
        (NEW.replace("1.5", "nan"), "block_seconds: "),
        (NEW.replace("1.5", "inf"), "block_seconds: "),
        (NEW.replace("A Test Chain", "SECRET\\u001b[2J"), "title: "),
        (NEW.replace("A Test Chain", "SECRET\\u202e"), "title: "),
        (NEW.replace("testchain", "SECRET CHAIN"), "name: "),
        (NEW.replace('"ETH"\nblock', '"SECRETSECRETSECRETS"\nblock'), "coin: "),
        (NEW.replace(FIRST, "0xSECRET"), "wrapped: is no address, or its checksum is wrong"),
        (NEW.replace(FIRST, FIRST[:-2] + "6a"), "wrapped: is no address, or its checksum is wrong"),
        (NEW.replace('"wrapped" }', '"SECRET" }'), "tokens.0.kind: "),
        (NEW.replace('"wrapped" }', '"plain" }'), "the address under wrapped must be a token of kind wrapped"),
        (NEW.replace('"wrapped" }', '"staked" }'), "tokens.0: a staked token needs a rate"),
        (NEW.replace("decimals = 18", "decimals = 77"), "tokens.0.decimals: "),
        (f"{BASE}tokens = [{A}, {A}]", "two entries have the same address"),
        (f"{BASE}tokens = [{A}, {B.replace('BBB', 'aaa')}]", "two entries have the same symbol, AAA"),
        (f"{BASE}tokens = [{A.replace('AAA', 'usdc')}]", "two entries have the same symbol, USDC"),
        (f'{BASE}tokens = [{A[:-2]}, feed = "SECRET/USD" }}]', "a token names a feed that is not among the feeds"),
        (
            f'{BASE}tokens = [{A[:-2]}, rate = {{ contract = "{FIRST}", function = "f", decimals = 0 }} }}]',
            "tokens.0: a plain or stable token has no rate",
        ),
        (
            f'{BASE}tokens = [{A[:-2]}, rate = {{ contract = "{FIRST}", function = "f(address)", decimals = 0 }} }}]',
            "tokens.0.rate.function: ",
        ),
        (f'{BASE}feeds = [{{ pair = "ETH", address = "{FIRST}", heartbeat_seconds = 5 }}]', "feeds.0.pair: "),
        (f'{BASE}feeds = [{{ pair = "A/USD", address = "{FIRST}", heartbeat_seconds = 0 }}]', "feeds.0.heartbeat_sec"),
        (
            f'{BASE}feeds = [{{ pair = "A/USD", address = "{FIRST}", heartbeat_seconds = 5 }},'
            f'{{ pair = "A/usd", address = "{SECOND}", heartbeat_seconds = 5 }}]',
            "two entries have the same pair",
        ),
        (
            f'{BASE}feeds = [{{ pair = "eth/usd", address = "{FIRST}", heartbeat_seconds = 5 }}]',
            "two entries have the same pair",
        ),
        (f'{BASE}[stakers]\n"SECRET" = "x"', "is no address"),
        (f'{BASE}[stakers]\n"{FIRST}" = "SECRET <script>"', "stakers"),
    ],
)
def test_known_networks__what_cannot_be__is_refused_in_one_line_without_what_was_given(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    path = file(tmp_path, text)
    with pytest.raises(BadFile, match=said) as caught:
        known_networks([path])
    words = str(caught.value)
    assert words.startswith(f"{path}: ")
    assert "\n" not in words
    assert "SECRET" not in words
    assert words.isprintable()


def test_known_networks__byte_order_mark_and_line_ends_of_windows__are_read(tmp_path: Path) -> None:
    path = file(tmp_path, b"\xef\xbb\xbf" + NEW.replace("\n", "\r\n").encode())
    assert known_networks([path])["testchain"].chain_id == 4242


def test_known_networks__no_file_folder_or_pipe__is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file"):
        known_networks([tmp_path / "absent.toml"])
    with pytest.raises(BadFile, match="cannot be read"):
        known_networks([tmp_path])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadFile, match="cannot be read"):
        known_networks([tmp_path / "pipe"])


@pytest.mark.prop
@given(st.binary(max_size=200))
def test_known_networks__any_bytes__are_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = file(tmp_path_factory.getbasetemp(), content, "fuzz.toml")
    with pytest.raises(BadFile):
        known_networks([path])
