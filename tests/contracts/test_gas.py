"""Gas of whole transactions and size of code, against a committed snapshot and the limits that were promised.

`make gas` (`ALVH_SNAPSHOT=write` in the environment) writes the snapshot and benchmarks/gas.json anew; their
difference belongs into the review of the change.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from eth_utils import keccak
from gas_peers import OURS, PEERS, REASONS
from governed import GUARDIAN, STEWARD, TIMELOCK, WHOLE, steer, update, vote
from governing import FOR, Dao
from onchain import DAY, HOUR, Deployed, Node
from regimes import Regimes
from reporters import PERCENT, submit
from web3 import Web3

from bridge.local.world import World

pytestmark = pytest.mark.chain
SNAPSHOT = Path(__file__).with_name("gas_snapshot.json")
CODE_LIMIT = 24_576  # bytes, EIP-170
UPDATE_LIMIT = 105_000  # see REASONS; Sky's SPBEAM takes 94,201 for three parameters, with fewer rules
SUBMIT_LIMIT = 80_000  # a signed push oracle with two of three takes 186,222
FILLING_LIMIT = 110_000  # for each of the first 128 rounds
ROUND = (60 * PERCENT, 61 * PERCENT, 62 * PERCENT)


def gas(receipt: dict[str, str]) -> int:
    """Return what a transaction used."""
    return int(receipt["gasUsed"], 16)


def assert_remembered(group: str, measured: dict[str, int]) -> None:
    """Compare with the snapshot, or write it when told to."""
    stored = json.loads(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.is_file() else {}
    if os.environ.get("ALVH_SNAPSHOT") == "write":
        stored[group] = measured
        SNAPSHOT.write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert stored.get(group) == measured, "changed: run again with ALVH_SNAPSHOT=write and review the difference"


def warmed(parameters: Deployed) -> None:
    """Write every word that votes and stewards write, twice: what a contract in use looks like."""
    for turn in range(2):
        parameters.node.advance(DAY)
        vote(parameters, {3: 255 - 5 * turn, 10: 2050 - 50 * turn, 21: 95 + turn})
        parameters.node.advance(DAY)
        steer(parameters, {5: 950 + 50 * turn, 11: 1050 - 50 * turn, 18: 5950 + 50 * turn})
    parameters.node.advance(DAY)
    vote(parameters, {2: 299, 12: 22, 21: 100})
    parameters.node.advance(DAY)


def test_gas__parameters_in_use__as_remembered(parameters: Deployed, node: Node) -> None:
    warmed(parameters)
    measured = {
        "vote, 3 keys of one layer": gas(vote(parameters, {10: 2050, 11: 1150, 13: 1100}, inputs_hash=b"\x77" * 32)),
        "vote, 1 key": gas(vote(parameters, {4: 75}, inputs_hash=b"\x78" * 32)),
    }
    wanted = update(parameters, {5: 900, 6: 5100})
    measured["steward schedules 2 keys"] = gas(parameters.send("scheduleUpdate", wanted, sender=STEWARD))
    node.advance(DAY)
    measured["steward applies 2 keys"] = gas(parameters.send("applyScheduled", wanted, sender=STEWARD))
    measured["guardian undoes the steward"] = gas(parameters.send("rollback", *WHOLE, sender=GUARDIAN))
    measured["guardian undoes a vote"] = gas(parameters.send("rollback", *WHOLE, sender=GUARDIAN))
    node.advance(DAY)
    steer(parameters, {5: 900, 11: 1100, 18: 5900})
    node.advance(DAY)
    measured["vote, 3 keys after a steward"] = gas(vote(parameters, {10: 2060, 12: 23, 13: 1090}))
    measured["guardian pauses"] = gas(parameters.send("pause", sender=GUARDIAN))
    measured["limits of 1 key"] = gas(parameters.send("setLimits", 11, (200, 3000, 201, 500, DAY), sender=TIMELOCK))
    assert_remembered("gas of HedgeParameters", measured)
    assert measured["vote, 3 keys of one layer"] < UPDATE_LIMIT


def test_gas__oracle_in_use__as_remembered(oracle: Deployed) -> None:
    submit(oracle, ROUND)
    measured = {"submit 3 reports, history not yet full": gas(submit(oracle, ROUND))}
    for _ in range(127):
        submit(oracle, ROUND)
    measured["submit 3 reports"] = gas(submit(oracle, ROUND))
    measured["submit 5 reports"] = gas(submit(oracle, (*ROUND, 63 * PERCENT, 64 * PERCENT)))
    assert_remembered("gas of VolatilityOracle", measured)
    assert measured["submit 3 reports, history not yet full"] < FILLING_LIMIT
    assert measured["submit 3 reports"] < SUBMIT_LIMIT


def test_gas__dao_in_use__as_remembered(dao: Dao, node: Node) -> None:
    guard = node.deploy("ProposalGuard")
    code = keccak(bytes(node.web3.eth.get_code(dao.parameters.address)))
    answers = keccak(keccak((1100).to_bytes(32, "big")))
    expected = (dao.parameters.address, code, [dao.parameters.encode("value", 11)], answers)
    call = (
        [dao.parameters.address, guard.address],
        [0, 0],
        [
            dao.parameters.encode("applyUpdate", update(dao.parameters, {11: 1100})),
            guard.encode("requireState", [expected]),
        ],
    )
    hashed = (*call, keccak(text="wing"))
    measured = {"propose": gas(dao.governor.send("propose", *call, "wing", sender=dao.holders[0]))}
    proposal = dao.governor.read("getProposalId", *hashed)
    node.advance(HOUR + 1)
    measured["vote"] = gas(dao.governor.send("castVote", proposal, FOR, sender=dao.holders[0]))
    node.advance(DAY + 1)
    measured["queue"] = gas(dao.governor.send("queue", *hashed, sender=dao.holders[0]))
    node.advance(2 * DAY)
    executed = dao.governor.send("execute", *hashed, sender=dao.holders[0])
    measured["execute an update and its guard"] = gas(executed)
    assert_remembered("gas of the DAO", measured)


def test_gas__watchers_in_use__as_remembered(regimes: Regimes, node: Node) -> None:
    regimes.set_table()
    regimes.hours(4, 90 * PERCENT)
    measured = {"apply a row of 3 keys": gas(regimes.apply())}
    fine = node.deploy("RealizedVolatility", regimes.market.pool.address, 600, 59)
    for _ in range(31):
        regimes.market.walk([60, -60], 600)
    measured["measure 60 slots"] = gas(fine.send("measure", sender=node.deployer))
    assert_remembered("gas of the watchers", measured)


def test_gas__table_beside_the_peers__is_of_this_snapshot(root: Path) -> None:
    stored = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    table = {
        key: {"ours": stored[group][name], "peers": PEERS.get(key, {})} | REASONS.get(key, {})
        for key, (group, name) in sorted(OURS.items())
    }
    file = root / "benchmarks" / "gas.json"
    if os.environ.get("ALVH_SNAPSHOT") == "write":
        file.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8")) == table, "changed: run `make gas` and review the difference"


def test_size__every_contract__below_the_limit_and_as_remembered(world: World) -> None:
    book = world.deployment
    named = ("HedgeGovernor", "HedgeParameters", "HedgeTimelock", "HedgeVotes", "ProposalGuard", "RegimeAutomation")
    ours = {name: book.address(name) for name in named} | {"VolatilityOracle": book.feeds["ETH"]}
    ours |= {"RealizedVolatility": book.realized["ETH"], "VolatilityBreaker": book.breakers["ETH"]}
    sizes = {name: len(world.chain.web3.eth.get_code(Web3.to_checksum_address(at))) for name, at in ours.items()}
    assert max(sizes.values()) < CODE_LIMIT
    assert_remembered("bytes of code", sizes)
