"""Positions and proposals by the hundred, with pasts by the thousand: they cost few requests and bury nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from bridge.adapters import past, uniswap_v4
from bridge.adapters.tokens import NATIVE
from bridge.alerts.snapshots import Alert
from bridge.alerts.watch import watch, watched_json
from bridge.chain.blocks import BlockRef
from bridge.cli.book import Seen, dust_lines, unknown_lines
from bridge.cli.exposure_ideas import says
from bridge.cli.exposure_text import print_exposure
from bridge.cli.monitor import print_watched
from bridge.cli.show import MOST_LINES, MOST_ROWS, first_lines, largest
from bridge.config import BookConfig, Config
from bridge.governance.brought import Action
from bridge.governance.governor import Proposal
from bridge.local.accounts import account
from bridge.local.other_pools import SETTLE_PAIR, SWEEP
from bridge.local.world import World
from bridge.plans.make import make_plan_at
from bridge.plans.market import read_market
from bridge.plans.observe import Dust, Holdings, _Sorting, look_at_positions, observe
from bridge.snapshot import Snapshot
from hedge.book.exposure import BookExposure, book_exposure
from hedge.book.positions import Book, Position
from hedge.valuation.pool_bets import pool_cash_flows
from tests.bridge.lying_node import lying_node, through
from tests.bridge.test_gifts import FOREVER, MANAGER, STRANGER, own

INCREASE = 0x00
ETH_USD = 3000


def dust_v3(world: World, count: int, amount: int = 10**13) -> None:
    """Let a stranger send positions of a few cents in the owner's own pool of ETH and USD."""
    chain, manager, stranger = world.chain, world.deployment.address(MANAGER), account(STRANGER)
    owner = world.deployment.address("lp")
    pair = sorted((own(world, "ETH"), own(world, "USD")), key=lambda at: int(at, 16))
    for each in pair:
        chain.send(stranger, "IERC20Metadata", each, "approve", manager, 2**256 - 1)
    wanted = (*pair, ETH_USD, -887_220, 887_220, amount, amount, 0, 0, owner, FOREVER)
    call = chain.contract(MANAGER, manager).encode_abi("mint", args=[wanted])
    chain.send(stranger, MANAGER, manager, "multicall", [call] * count)


def long_v4(world: World, usd: float, changes: int) -> str:
    """Let a stranger send a v4 position to which liquidity was added in so many blocks; return its id."""
    pool, stranger, chain = world.market.pool_v4, account(STRANGER), world.chain
    assert pool is not None
    token_id, manager = pool.mint(stranger, (0.8, 1.25), usd, 3000.0), world.deployment.address("PositionManager")
    add = encode(["uint256", "uint256", "uint128", "uint128", "bytes"], [token_id, 1_000, 10**12, 10**9, b""])
    pair, rest = ["address", "address"], [NATIVE, stranger.address]
    inputs = [add, encode(pair, [NATIVE, pool.usd]), encode(pair, rest)]
    data = encode(["bytes", "bytes[]"], [bytes([INCREASE, SETTLE_PAIR, SWEEP]), inputs])
    for _ in range(changes):
        chain.send(stranger, "PositionManager", manager, "modifyLiquidities", data, FOREVER, value=10**12)
    owner = world.deployment.address("lp")
    chain.send(stranger, "PositionManager", manager, "transferFrom", stranger.address, owner, token_id)
    return f"uniswap-v4:{token_id}"


def look(world: World, terms: BookConfig | None = None) -> tuple[Holdings, int]:
    """Return what the owner holds, and how many requests it took."""
    here, terms = world.snapshot(), terms or BookConfig()
    spots = dict(read_market(here, terms).spots)
    with lying_node(world.chain.url) as node:
        snapshot = Snapshot(through(node, world.chain), world.deployment, here.block)
        held = look_at_positions(snapshot, world.deployment.address("lp"), spots, terms)
        return held, len(node.seen)


def test_dust__with_a_long_past__costs_no_request_and_is_counted_beside_the_book(world: World) -> None:
    before, asked = look(world)
    name = long_v4(world, 0.02, 30)
    dust_v3(world, 60)
    held, now = look(world)
    assert now == asked
    assert [raw.id for raw in held.raw] == [raw.id for raw in before.raw]
    assert held.unread == before.unread
    assert len(held.dust) == 61
    assert name in {dust.id for dust in held.dust}
    (line,) = dust_lines(held.dust, 100.0)
    assert line.startswith("dust, not in the book: 61 positions of ")
    assert "(less than book.dust_usd = 100): uniswap-v" in line


def test_dust__in_a_plan__changes_nothing_of_it(world: World) -> None:
    before = observe(world.snapshot(), world.deployment.address("lp"), BookConfig())
    dust_v3(world, 60)
    planned = make_plan_at(world.snapshot(), Config(), owner=world.deployment.address("lp"))
    assert [position.id for position in planned.observation.book.positions] == [raw.id for raw in before.raw_positions]
    assert len(planned.observation.dust) == 60
    assert len(planned.plan.decision.positions) == len(before.raw_positions)


def test_dust__in_a_watch__is_counted_and_no_alert(world: World, tmp_path: Path) -> None:
    config, owner = Config(state=tmp_path), world.deployment.address("lp")
    before = watch(world.snapshot(), config, owner).alerts
    dust_v3(world, 60)
    found = watch(world.snapshot(), config, owner)
    assert found.alerts == before
    assert len(watched_json(found)["dust"]) == 60


def test_real_position__with_more_changes_than_are_looked_up__says_so_and_costs_few_requests(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uniswap_v4, "MOST_CHANGES", 10)
    _, asked = look(world)
    name = long_v4(world, 400.0, 12)
    held, now = look(world)
    assert now == asked + 1  # the block of its last change
    (raw,) = (raw for raw in held.raw if raw.id == name)
    assert raw.exact()["held_units"] is None
    assert raw.exact()["unknown"] == "liquidity was added in 13 blocks, and the prices of 10 are looked up"
    monkeypatch.setattr(uniswap_v4, "MOST_CHANGES", 13)
    held, now = look(world)
    (raw,) = (raw for raw in held.raw if raw.id == name)
    assert raw.exact()["held_units"] is not None
    assert now <= asked + 1 + 13 * 4


def test_real_positions__more_prices_than_are_looked_up__those_worth_more_come_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_one = next(raw.id for raw in look(world)[0].raw if raw.id.startswith("uniswap-v4"))
    small, smaller = long_v4(world, 500.0, 6), long_v4(world, 400.0, 6)
    monkeypatch.setattr(uniswap_v4, "MOST_LOOKUPS", 8)
    unknown = {raw.id: raw.exact()["unknown"] for raw in look(world)[0].raw if raw.id.startswith("uniswap-v4")}
    assert (unknown[own_one], unknown[small]) == ("", "")
    assert unknown[smaller] == "prices of 8 blocks are looked up, first for positions that are worth more"


def test_real_positions__more_than_have_a_past__those_worth_more_come_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "MOST_PASTS", 2)
    snapshot = world.snapshot()
    held, market = look(world)[0], read_market(snapshot, BookConfig())
    exact = [raw.exact() for raw in held.raw]
    unknown = [row["unknown"] for row in exact if row["token_id"] and "v4" not in row["unknown"]]
    assert sum(text == "the past of 2 positions that are worth more is read" for text in unknown) == 4
    book = Book(held.positions)
    exposure = book_exposure(book, market)
    seen = Seen("lp", snapshot.block, book, market, exposure, exact, (), Config(), None)
    lines = [line for line in unknown_lines(seen) if "are worth more" in line]
    assert len(lines) == 4
    worth = {position.id: position.value_usd for position in exposure.positions}
    kept = [raw.id for raw in held.raw if raw.exact()["held_units"] and raw.id.startswith("uniswap-v3")]
    assert min(worth[name] for name in kept) >= max(
        worth[raw.id] for raw in held.raw if "are worth more" in raw.exact()["unknown"]
    )


@dataclass(frozen=True)
class Worth:
    """A position of which nothing but its worth is known."""

    id: str
    usd: float

    def convert(self, assets: dict[str, str], spots: dict[str, float], block: BlockRef) -> Position:
        raise AssertionError("only its worth is asked for")

    def pair_price(self, assets: dict[str, str]) -> None:
        return None

    def least_usd(self, assets: Mapping[str, str], spots: Mapping[str, float]) -> float:
        return self.usd

    def exact(self) -> dict[str, Any]:
        return {}


@given(worths=st.lists(st.floats(0.0, 1e6), max_size=40), least=st.floats(0.0, 1e3))
def test_dust__of_any_book__is_less_than_the_setting_together_and_no_larger_than_what_stays(
    worths: list[float], least: float
) -> None:
    sorting = _Sorting({}, {}, least, frozenset())
    held = [Worth(f"{number}", usd) for number, usd in enumerate(worths)]
    sorting.raw, sorting.positions = [*held], [*held]  # type: ignore[list-item]
    sorting.set_dust_apart()
    found = sorting.holdings()
    assert sum(dust.worth_usd for dust in reversed(found.dust)) <= least
    assert len(found.raw) + len(found.dust) == len(worths)
    assert [*found.raw] == [each for each in held if each.id not in {dust.id for dust in found.dust}]
    if found.raw and found.dust:
        assert max(dust.worth_usd for dust in found.dust) <= min(each.usd for each in held if each in found.raw)
    if least == 0.0:
        assert found.dust == ()


def exposed(world: World) -> BookExposure:
    return observe(world.snapshot(), world.deployment.address("lp"), BookConfig()).exposure


def many(found: BookExposure, count: int, usd: float, **changed: Any) -> BookExposure:
    """Return a book with copies of its first position, each of so many USD."""
    first = found.positions[0]
    copies = [replace(first, id=f"gift:{number}", value_usd=usd, **changed) for number in range(count)]
    return replace(found, positions=(*copies, *found.positions))


def test_exposure__hundreds_of_positions__shows_the_largest_and_counts_the_rest(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    found = exposed(world)
    print_exposure(many(found, 400, 150.0), "lp")
    out = capsys.readouterr().out
    rows = [line for line in out.splitlines() if line.startswith("gift:")]
    assert len(rows) == MOST_ROWS - len(found.positions)
    left = 400 - len(rows)
    assert f"{left} more of {150 * left:,} USD together, each worth less: `--csv` and `--json` have them all" in out
    first = out.splitlines()[2 : 2 + len(found.positions)]
    assert not any(line.startswith("gift:") for line in first)  # the largest are above them


def test_cash_flow__gift_of_unknown_fees__changes_no_verdict(world: World) -> None:
    found = exposed(world)
    known = pool_cash_flows(found)
    given_ = many(found, 1, 250.0, fee_usd_per_year=math.nan)
    pool = found.positions[0].pool
    for before, after in zip(known, pool_cash_flows(given_), strict=True):
        if before.pool == pool:
            assert says(after) == f"{says(before)}; 1 of unknown fees, 250 USD, left out"
            before = replace(before, left_out=1, left_out_usd=250.0)
        assert after == before


def proposals(count: int) -> tuple[Proposal, ...]:
    action = Action((), (), (), "a stranger's")
    votes = [(f"{10**20 + number}", number) for number in range(count)]
    return tuple(
        Proposal(int(id_), "active", "0x" + "11" * 20, action, 0, most * 10**18, 0, 10**24, 1, 2, 0)
        for id_, most in votes
    )


def test_watch__hundreds_of_proposals__says_what_concerns_money_first_and_counts_the_rest(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = watch(world.snapshot(), Config(state=tmp_path), world.deployment.address("lp"))
    passed = replace(proposals(1)[0], id=7 * 10**20, state="succeeded")
    seen = replace(found.seen, proposals=(*proposals(300), passed))
    foreign = [Alert("foreign", f"{each.short_id} is not from this bridge") for each in seen.open_proposals]
    money = Alert("naked", "12 of them are sold without a wing")
    print_watched(replace(found, seen=seen, alerts=(*foreign, money)))
    lines = capsys.readouterr().out.splitlines()
    named = [number for number, line in enumerate(lines) if line.startswith("proposal ")]
    assert len(named) == MOST_LINES
    assert lines[named[0]].startswith(f"proposal {passed.short_id}: succeeded")
    assert lines[named[-1] + 1] == f"{301 - MOST_LINES} more open proposals: `alvh gov list` has them all"
    assert next(number for number, line in enumerate(lines) if line.startswith("alert naked")) < named[0]
    assert sum(line.startswith("alert foreign") for line in lines) == MOST_LINES + 1
    assert len(watched_json(replace(found, seen=seen))["proposals"]) == 301


def test_open_proposals__of_strangers_and_ours__ours_come_first_then_those_nearest_to_execution(
    world: World, tmp_path: Path
) -> None:
    found = watch(world.snapshot(), Config(state=tmp_path), world.deployment.address("lp")).seen
    given_ = proposals(3)
    states = (given_[0], replace(given_[1], state="pending"), replace(given_[2], state="defeated"))
    queued, voted = replace(given_[0], id=4 * 10**20, state="queued"), replace(given_[0], id=5 * 10**20, votes_for=9)
    seen = replace(found, proposals=(*states, queued, voted))
    assert [each.id for each in seen.open_proposals] == [queued.id, voted.id, given_[0].id, given_[1].id]


@pytest.mark.unit
def test_first_lines_and_largest__few_or_many__all_or_the_first_with_a_count() -> None:
    assert first_lines(["a", "b"], "more", 2) == ["a", "b"]
    assert first_lines(["a", "b", "c"], "more", 2) == ["a", "b", "1 more"]
    assert largest([1, 3, 2], lambda row: row, 3) == ([1, 3, 2], [])
    assert largest([1, 3, 2], lambda row: row, 2) == ([3, 2], [1])


@pytest.mark.unit
def test_dust_lines__none_one_and_many__are_counted_and_the_largest_named() -> None:
    assert dust_lines((), 100.0) == []
    one = "dust, not in the book: 1 position of 0.02 USD (less than book.dust_usd = 100): uniswap-v3:1"
    assert dust_lines((Dust("uniswap-v3:1", 0.02),), 100.0) == [one]
    (line,) = dust_lines(tuple(Dust(f"v3:{number}", 0.5) for number in range(9)), 100.0)
    assert line.endswith("9 positions of 4.5 USD together (less than book.dust_usd = 100): "
                         "v3:0, v3:1, v3:2, v3:3, v3:4, ...")  # fmt: skip
