"""What a proposal promised, checked when it is executed."""

from __future__ import annotations

import pytest
from eth_utils import keccak
from governed import VALUES, vote
from onchain import Deployed, Node, refusal

pytestmark = pytest.mark.chain


@pytest.fixture
def guard(node: Node) -> Deployed:
    """Deploy the guard."""
    return node.deploy("ProposalGuard")


def code_hash(contract: Deployed) -> bytes:
    """Return the hash of a contract's code now."""
    return keccak(bytes(contract.node.web3.eth.get_code(contract.address)))


def expectation(parameters: Deployed, wanted: dict[int, int]) -> tuple[str, bytes, list[str], bytes]:
    """Promise values of the parameters after an execution."""
    queries = [parameters.encode("value", key) for key in wanted]
    answers = b"".join(keccak(value.to_bytes(32, "big")) for value in wanted.values())
    return parameters.address, code_hash(parameters), queries, keccak(answers)


def test_guard__state_and_code_as_promised__passes(parameters: Deployed, guard: Deployed) -> None:
    vote(parameters, {11: 1100})
    guard.read("requireState", [expectation(parameters, {5: VALUES[5], 11: 1100})])
    target, _, queries, answers = expectation(parameters, {5: VALUES[5], 11: 1100})
    assert guard.read("answersHash", target, queries) == answers


def test_guard__another_value__state_differs(parameters: Deployed, guard: Deployed) -> None:
    expected = expectation(parameters, {11: 1100})
    found = keccak(keccak(VALUES[11].to_bytes(32, "big")))
    wanted = refusal("StateDiffers", parameters.address.lower(), expected[3], found)
    assert guard.refusal("requireState", [expected]) == wanted


def test_guard__other_code__code_differs(parameters: Deployed, guard: Deployed, node: Node) -> None:
    expected = expectation(parameters, {11: VALUES[11]})
    node.request("anvil_setCode", parameters.address, "0x60005ff3")
    found = refusal("CodeDiffers", parameters.address.lower(), expected[1], keccak(bytes.fromhex("60005ff3")))
    assert guard.refusal("requireState", [expected]) == found


def test_guard__nothing_or_a_query_that_fails__refused(parameters: Deployed, guard: Deployed) -> None:
    assert guard.refusal("requireState", []) == refusal("NothingExpected")
    failing = (parameters.address, code_hash(parameters), [parameters.encode("value", 24)], bytes(32))
    assert guard.refusal("requireState", [failing]).name == "QueryFailed"


def test_guard__code_alone__is_checked_without_queries(parameters: Deployed, guard: Deployed) -> None:
    expected = (parameters.address, code_hash(parameters), [], keccak(b""))
    assert guard.read("requireState", [expected]) == []
