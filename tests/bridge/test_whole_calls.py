"""What a call does is never cut without a word: what is long has size, hash and a warning, and JSON all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from eth_typing import HexStr
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from bridge.chain.codec import encode_call
from bridge.foreign import TEXT, foreign
from bridge.governance.brought import Action
from bridge.governance.calls import action_words, call_words
from bridge.governance.telling import MOST_CALLS, MOST_LINES, NOT_WHOLE, Telling
from bridge.local.world import World
from hedge.policy.parameters import KEYS
from tests.bridge.steps import values

ELSEWHERE = "0x" + "12" * 20


def told(world: World, contract: str, function: str, *arguments: Any, whole: bool = False) -> list[str]:
    data = encode_call(contract, function, *arguments).hex
    return call_words(world.snapshot(), world.deployment.address(contract), data, whole).splitlines()


def bomb(world: World, wides: Sequence[int]) -> str:
    """Return a batch of the timelock whose list names one call many times, and that the same; the innermost first."""
    timelock, inner = world.deployment.address("HedgeTimelock"), b"\x12\x34\x56\x78"
    for wide in wides:
        call = encode_call(
            "HedgeTimelock", "executeBatch", [timelock] * wide, [0] * wide, [inner] * wide, bytes(32), bytes(32)
        ).data
        begin = 4 + 32 * 5  # selector, places of three lists, predecessor and salt
        lists = [begin + 32 * (wide + 1) * number for number in range(2)]
        head, payloads = call[: lists[1] + 32 * (wide + 1)], lists[1] + 32 * (wide + 1)
        one = call[payloads + 32 : payloads + 64]
        first = int.from_bytes(one, "big") + payloads + 32
        size = int.from_bytes(call[first : first + 32], "big")
        text = call[first : first + 32 + (size + 31) // 32 * 32]
        inner = head + call[payloads : payloads + 32] + (32 * wide).to_bytes(32, "big") * wide + text
    return "0x" + inner.hex()


@pytest.mark.parametrize("whole", [False, True])
def test_call_words__list_that_names_one_call_again_and_again__is_told_up_to_a_limit(world: World, whole: bool) -> None:
    at, data = world.deployment.address("HedgeTimelock"), bomb(world, (20, 3, 3, 3, 3))
    assert len(data) < 10_000
    words = call_words(world.snapshot(), at, HexStr(data), whole)
    assert words.count("carries the call") <= MOST_CALLS
    assert words.count("carries the call") > 50
    assert "more calls that it carries are not told" in words
    assert words.endswith(NOT_WHOLE)
    assert len(words) < 3_000_000


def test_set_table__dangerous_rows_behind_eight_harmless_ones__each_has_its_line(world: World) -> None:
    now = values(world)
    keys = [*range(len(KEYS))]
    hidden = [*now[:13], 10_000, *now[14:]]
    rows = [(number * 10**7, now) for number in range(8)] + [(8 * 10**7, hidden), (9 * 10**7, hidden)]
    lines = told(world, "RegimeAutomation", "setTable", keys, rows, (5 * 10**6, 7_200, 86_400), 9)
    assert lines[0].startswith("RegimeAutomation.setTable(10 rows of 24 parameters): ")
    assert lines[1].startswith(
        "  row 9 holds at the beginning; up after 2 h and down after 24 h beyond a floor by 5.00%"
    )
    assert lines[2:10] == [f"  row {number} from {number * 10}.00%: the values in force" for number in range(8)]
    changed = f"condorNotionalCapBps 10000 (now {now[13]}); 23 others as in force"
    assert lines[10:] == [f"  row {number} from {number * 10}.00%: {changed}" for number in (8, 9)]


def test_set_table__hundreds_of_rows__the_first_with_how_many_follow_and_the_hash_of_all(world: World) -> None:
    arguments = [13], [(number, [number]) for number in range(300)], (5 * 10**6, 7_200, 86_400), 255
    lines = told(world, "RegimeAutomation", "setTable", *arguments)
    whole = told(world, "RegimeAutomation", "setTable", *arguments, whole=True)
    assert len(whole) == 302
    assert whole[-1].startswith("  row 299 from")
    assert lines[: MOST_LINES + 1] == whole[: MOST_LINES + 1]
    digest = keccak(text="\n".join(line.strip() for line in whole[1:])).hex()
    more = f"  and {301 - MOST_LINES} more lines (all 301 lines have the keccak-256 0x{digest})"
    assert lines[MOST_LINES + 1 :] == [more, f"  {NOT_WHOLE}"]


@pytest.mark.parametrize("place", ["stranger", "own"])
def test_call_words__calldata_of_unknown_functions__beginning_size_hash_and_warning(world: World, place: str) -> None:
    to = ELSEWHERE if place == "stranger" else world.deployment.address("HedgeParameters")
    data = b"\xab" * 100_000
    first, warning = call_words(world.snapshot(), to, HexStr("0x" + data.hex())).splitlines()
    assert first.endswith(f"… (100000 bytes with the keccak-256 0x{keccak(data).hex()})")
    assert warning == f"  {NOT_WHOLE}"
    assert "0x" + data.hex() in call_words(world.snapshot(), to, HexStr("0x" + data.hex()), whole=True)
    short = HexStr("0x" + "ab" * (TEXT // 2 - 1))
    assert call_words(world.snapshot(), to, short).endswith(short)


@pytest.mark.parametrize(
    ("arguments", "hashed", "counted"),
    [
        ((5, 1, "all is well " * 2_000, b""), b"all is well " * 2_000, "24000 letters"),
        ((5, 1, "well", b"\x07" * 9_000), b"\x07" * 9_000, "9000 bytes"),
    ],
    ids=["text", "bytes"],
)
def test_call_words__argument_that_is_long__the_others_stay_and_it_has_size_and_hash(
    world: World, arguments: tuple[Any, ...], hashed: bytes, counted: str
) -> None:
    lines = told(world, "HedgeGovernor", "castVoteWithReasonAndParams", *arguments)
    assert f"({counted} with the keccak-256 0x{keccak(hashed).hex()})" in lines[0]
    assert "proposalId=5, support=1, reason=" in lines[0]
    assert ", params=" in lines[0]
    assert lines[-1] == f"  {NOT_WHOLE}"
    (whole,) = told(world, "HedgeGovernor", "castVoteWithReasonAndParams", *arguments, whole=True)
    assert (hashed.decode() if counted.endswith("letters") else hashed.hex()).strip() in whole


def test_call_words__list_of_hundreds__is_counted_hashed_and_whole_in_json(world: World) -> None:
    signers = [f"0x{number:040d}" for number in range(1, 256)]
    at, data = world.deployment.feeds["ETH"], encode_call("VolatilityOracle", "setSigners", signers, 3).hex
    first, *_, warning = call_words(world.snapshot(), at, data).splitlines()
    assert "letters with the keccak-256 0x" in first
    assert "newQuorum=3" in first
    assert warning == f"  {NOT_WHOLE}"
    whole = call_words(world.snapshot(), at, data, whole=True)
    assert all(signer in whole.lower() for signer in signers)
    assert NOT_WHOLE not in whole


def test_action_words__guard_that_asks_of_hundreds__says_how_many_more_with_the_hash(world: World) -> None:
    expectation = (world.deployment.address("HedgeParameters"), b"\x00" * 32, [b"\x01\x02\x03\x04"] * 40, b"\x00" * 32)
    call = encode_call("ProposalGuard", "requireState", [expectation] * 31).data
    action = Action((world.deployment.address("ProposalGuard"),), (0,), (call,), "text")
    (words,) = action_words(world.snapshot(), action)
    assert f"and 1 more things (of {len(call)} bytes with the keccak-256 0x{keccak(call).hex()})" in words
    assert "and 10 more questions (of 160 bytes with" in words
    assert words.endswith(NOT_WHOLE)
    (words,) = action_words(world.snapshot(), action, whole=True)
    assert "more" not in words


def test_action_words__one_call_cut__warns_of_that_call_alone(world: World) -> None:
    action = Action((ELSEWHERE, ELSEWHERE), (0, 0), (b"\x01" * 9_000, b"\x02" * 4), "text")
    first, second = action_words(world.snapshot(), action)
    assert first.endswith(NOT_WHOLE)
    assert second.endswith("one of our contracts: 0x02020202")


@given(words=st.text(max_size=3 * TEXT), whole=st.booleans())
@pytest.mark.unit
def test_telling_text__anything__is_whole_or_says_that_it_is_not(words: str, whole: bool) -> None:
    telling: Any = Telling(None, whole)  # type: ignore[arg-type]
    seen, all_of_it = telling.text(words), foreign(words, None)
    assert telling.cut == (not whole and len(all_of_it) > TEXT)
    assert seen == all_of_it or (telling.cut and f"({len(words)} letters with the keccak-256 0x" in seen)


def test_action_words__thousands_of_calls_that_need_the_chain__are_told_by_name_behind_the_first(world: World) -> None:
    at = world.deployment.address("HedgeGovernor")
    cancel = encode_call("HedgeGovernor", "cancel", [], [], [], b"\x11" * 32)
    action = Action((at,) * 150, (0,) * 150, (cancel.data,) * 150, "text")
    words = action_words(world.snapshot(), action, whole=True)
    assert [each.startswith("HedgeGovernor.cancel(proposal ") for each in words] == [True] * 100 + [False] * 50
    assert words[-1].startswith("HedgeGovernor.cancel(targets=[], values=[], calldatas=[], descriptionHash=0x1111")
