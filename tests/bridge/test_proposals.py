"""From a plan to a proposal on the real governor: once, by its proposer, and only what the contract would execute."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.chain.codec import encode_call
from bridge.chain.node import Chain
from bridge.errors import (
    ContractReverted,
    NotProposable,
    RefusedAction,
    Reorganised,
    TransactionFailed,
    UnknownAddress,
    UntrustedNumber,
)
from bridge.governance.governor import send_cancel, send_execute
from bridge.governance.proposal_text import describe
from bridge.governance.proposals import confirm_execution, send_confirmed_execution, send_proposal
from bridge.governance.updates import Update, build_update, check_update, decode_update, update_call
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.safe.actions import SAFE_ACTIONS, SafeContext
from hedge.policy.parameters import KEYS
from tests.bridge.lying_node import Answering, Asked, lying_node
from tests.bridge.steps import (
    LIFE,
    TERMS,
    act_as,
    act_through_safe,
    carry,
    draft,
    found,
    parameters_call,
    propose,
    queue,
    values,
    vote,
    with_changes,
)

REHEDGE, CONDOR_WING, CONDOR_CAP, VOLATILITY_CAP = 8, 11, 13, 15
DAY = 86_400


def refused(world: World, record: PlanRecord, life: int = LIFE) -> ContractReverted:
    with pytest.raises(ContractReverted) as caught:
        draft(world, record, life)
    return caught.value


def test_draft_proposal__new_plan__is_checked_for_the_time_of_its_execution(world: World, record: PlanRecord) -> None:
    made = draft(world, record)
    assert made.state is None
    assert made.update.inputs_hash == record.inputs_hash
    assert dict(zip(made.update.keys, made.update.values, strict=True)) == record.changes()
    waits = TERMS.voting_delay + TERMS.voting_period + TERMS.timelock_delay
    assert made.executable_at == world.chain.head().timestamp + waits


def test_draft_proposal__after_it_was_sent__finds_it_and_sends_nothing(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    again = draft(world, record)
    assert (again.id, again.state) == (number, "pending")
    before = world.chain.head()
    assert not send_proposal(world.snapshot(), account("operator"), again)
    assert world.chain.head() == before


def test_draft_proposal__another_proposer__is_another_proposal(world: World, record: PlanRecord) -> None:
    assert draft(world, record).id != draft(world, record, proposer="voter-1").id


def test_send_proposal__from_another_account__is_refused_by_the_governor(world: World, record: PlanRecord) -> None:
    made = draft(world, record)
    with pytest.raises(ContractReverted) as caught:
        send_proposal(world.snapshot(), account("voter-1"), made)
    assert caught.value.error == "GovernorRestrictedProposer"


def test_send_proposal__too_few_votes__is_refused_with_the_numbers(world: World, record: PlanRecord) -> None:
    made = draft(world, record, proposer="outsider")
    with pytest.raises(ContractReverted) as caught:
        send_proposal(world.snapshot(), account("outsider"), made)
    assert caught.value.error == "GovernorInsufficientProposerVotes"
    assert caught.value.arguments["votes"] == 0
    assert caught.value.arguments["threshold"] == TERMS.proposal_threshold


def test_send_proposal__two_bridges_at_once__the_second_sends_nothing(world: World, record: PlanRecord) -> None:
    first, second = draft(world, record), draft(world, record)
    operator = account("operator")
    assert send_proposal(world.snapshot(), operator, first)
    assert not send_proposal(world.snapshot(), operator, second)


def test_send_proposal__overtaken_in_the_same_block__is_no_failure(
    world: World, record: PlanRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = draft(world, record)
    propose(world, record)

    def fail(*_: object) -> None:
        raise TransactionFailed("HedgeGovernor.propose", "0x", "was mined and reverted")

    monkeypatch.setattr(Chain, "send", fail)
    assert not send_proposal(world.snapshot(), account("operator"), second)


def test_send_proposal__transaction_fails_and_nothing_is_there__is_raised(
    world: World, record: PlanRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TransactionFailed("HedgeGovernor.propose", "0x", "was mined and reverted")

    monkeypatch.setattr(Chain, "send", fail)
    with pytest.raises(TransactionFailed):
        send_proposal(world.snapshot(), account("operator"), draft(world, record))


def test_draft_proposal__empty_plan__is_refused(world: World, record: PlanRecord) -> None:
    with pytest.raises(RefusedAction, match="changes none of the main parameters"):
        draft(world, with_changes(record, {}))


def test_draft_proposal__plan_of_another_chain__is_refused(world: World, record: PlanRecord) -> None:
    with pytest.raises(RefusedAction, match="the plan is for chain 1, this is chain 31337"):
        draft(world, replace(record, chain_id=1))


def test_draft_proposal__old_value_that_the_chain_has_not__is_refused_with_both(
    world: World, record: PlanRecord
) -> None:
    lying = with_changes(record, {REHEDGE: 150})
    lying.plan["update"]["changes"][0]["old"] = 140
    with pytest.raises(RefusedAction, match="change rehedgeBps from 140, and the chain has 100"):
        draft(world, lying)
    steward = SafeContext(world.chain, world.deployment, world.chain.head(), "steward", lambda: lying, LIFE)
    with pytest.raises(RefusedAction, match="change rehedgeBps from 140, and the chain has 100"):
        SAFE_ACTIONS["schedule"].build(steward, ())


def test_describe__name_and_unit_that_the_file_says__are_those_of_the_keys(record: PlanRecord) -> None:
    lying = with_changes(record, {REHEDGE: 150})
    lying.plan["update"]["changes"][0] |= {"name": "tailCapBps", "unit": "USD"}
    text = describe(lying, account("operator").address)
    assert "| rehedgeBps | 100 | 150 | bps of CVaR95 | test | test |" in text
    assert "tailCapBps" not in text


def test_draft_proposal__outside_its_bounds__is_refused_with_the_numbers(world: World, record: PlanRecord) -> None:
    error = refused(world, with_changes(record, {CONDOR_WING: 199}))
    assert error.error == "OutOfBounds"
    assert error.arguments == {"key": CONDOR_WING, "value": 199, "min": 200, "max": 3000}


def test_draft_proposal__step_too_large__is_refused_with_the_numbers(world: World, record: PlanRecord) -> None:
    error = refused(world, with_changes(record, {CONDOR_CAP: 1600}))
    assert error.error == "StepTooLarge"
    assert error.arguments == {"key": CONDOR_CAP, "oldValue": 1000, "newValue": 1600, "maxStep": 200}


def test_draft_proposal__no_change_after_all__is_refused(world: World, record: PlanRecord) -> None:
    error = refused(world, with_changes(record, {CONDOR_CAP: 1000}))
    assert (error.error, error.arguments) == ("NoChange", {"key": CONDOR_CAP, "value": 1000})


def test_draft_proposal__rule_across_keys_broken__is_refused_with_the_numbers(world: World, record: PlanRecord) -> None:
    error = refused(world, with_changes(record, {VOLATILITY_CAP: 251}))
    assert error.error == "VolatilityPremiumCapAboveCashBudget"
    assert error.arguments == {"volatilityCap": 251, "cashBudget": 250}


def test_draft_proposal__expires_before_it_could_run__is_refused_with_both_times(
    world: World, record: PlanRecord
) -> None:
    error = refused(world, record, life=3600)
    assert error.error == "Expired"
    assert error.arguments["expiry"] == record.observed_at + 3600
    assert error.arguments["at"] == world.chain.head().timestamp + 6 * DAY


def test_draft_proposal__key_still_cools_down_then__is_refused_with_the_times(world: World, record: PlanRecord) -> None:
    key = KEYS[CONDOR_CAP]
    limits = (key.least, key.most, 200, 500, 30 * DAY)
    act_as(world, world.deployment.address("HedgeTimelock"), *parameters_call(world, "setLimits", key.id, limits))
    error = refused(world, with_changes(record, {CONDOR_CAP: 900}))
    assert (error.error, error.arguments["key"]) == ("CoolingDown", CONDOR_CAP)
    assert int(str(error.arguments["readyAt"])) > int(str(error.arguments["at"]))


def test_check_update__same_keys_right_after_an_execution__cool_down(world: World, record: PlanRecord) -> None:
    carry(world, with_changes(record, {CONDOR_CAP: 900}))
    snapshot = world.snapshot()
    now = snapshot.block.timestamp
    update = build_update({CONDOR_CAP: 800}, now, LIFE, record.inputs_hash)
    with pytest.raises(ContractReverted, match="CoolingDown"):
        check_update(snapshot, update, "dao", now)
    check_update(snapshot, update, "dao", now + DAY)


def test_draft_proposal__observation_older_than_the_last_update__is_refused(world: World, record: PlanRecord) -> None:
    carry(world, with_changes(record, {CONDOR_CAP: 900}))
    assert refused(world, with_changes(record, {REHEDGE: 90})).error == "NotNewer"


def test_describe__any_plan__carries_block_inputs_and_every_change(record: PlanRecord) -> None:
    text = describe(record, account("operator").address.lower())
    assert f"Inputs hash: {record.inputs_hash}" in text
    assert f"Observed at block {record.block_number} (" in text
    for change in record.plan["update"]["changes"]:
        assert f"| {change['name']} | {change['old']} | {change['new']} | {change['unit']} |" in text
        assert change["reason"] in text
    assert text.endswith(f"#proposer={account('operator').address}")


def test_describe__one_change__is_in_the_singular(record: PlanRecord) -> None:
    assert describe(with_changes(record, {CONDOR_CAP: 900}), account("lp").address).startswith(
        "# Hedge parameters: 1 change\n"
    )


@given(
    changes=st.dictionaries(st.integers(0, len(KEYS) - 1), st.integers(0, 2**32 - 1), min_size=1),
    observed_at=st.integers(0, 2**63),
    life=st.integers(0, 2**31),
    inputs=st.binary(min_size=32, max_size=32),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@pytest.mark.prop
def test_decode_update__encoded__is_the_same_update(
    world: World, changes: dict[int, int], observed_at: int, life: int, inputs: bytes
) -> None:
    update = build_update(changes, observed_at, life, "0x" + inputs.hex())
    call = bytes.fromhex(update_call(world.snapshot(), update)[1][2:])
    assert decode_update(world.snapshot(), world.deployment.address("HedgeParameters"), call) == update


def test_decode_update__another_call_or_contract__is_none(world: World) -> None:
    address, unpause = parameters_call(world, "unpause")
    update = Update((3,), (900,), 1, 2, "0x" + "00" * 32)
    call = bytes.fromhex(update_call(world.snapshot(), update)[1][2:])
    assert decode_update(world.snapshot(), address, bytes.fromhex(unpause[2:])) is None
    assert decode_update(world.snapshot(), account("lp").address, call) is None
    assert decode_update(world.snapshot(), address, b"\x01\x02\x03\x04") is None
    assert decode_update(world.snapshot(), address, b"") is None
    assert decode_update(world.snapshot(), address, call[:40]) is None


@pytest.mark.parametrize(("keys", "new"), [((len(KEYS),), (1,)), ((13, 14), (900,)), ((13,), (900, 1))])
def test_decode_update__update_that_no_contract_takes__is_none(
    world: World, keys: tuple[int, ...], new: tuple[int, ...]
) -> None:
    update = Update(keys, new, 1, 2, "0x" + "00" * 32)
    call = bytes.fromhex(update_call(world.snapshot(), update)[1][2:])
    assert decode_update(world.snapshot(), world.deployment.address("HedgeParameters"), call) is None


def test_confirm_execution__after_the_execution__values_are_those_of_the_vote(world: World, record: PlanRecord) -> None:
    number = carry(world, record)
    confirm_execution(world.snapshot(), found(world, number))
    now = values(world)
    assert {key: now[key] for key in record.changes()} == record.changes()


def test_confirm_execution__chain_holds_something_else__names_the_parameter(world: World, record: PlanRecord) -> None:
    number = propose(world, with_changes(record, {CONDOR_CAP: 900}))
    with pytest.raises(UntrustedNumber, match="condorNotionalCapBps is 1000 after the execution, the vote said 900"):
        confirm_execution(world.snapshot(), found(world, number))


def test_draft_proposal__deployment_with_a_guard__ends_with_what_it_sets_and_nothing_else(
    world: World, record: PlanRecord
) -> None:
    made = draft(world, with_changes(record, {CONDOR_CAP: 900, REHEDGE: 90}))
    parameters, guard = world.deployment.address("HedgeParameters"), world.deployment.address("ProposalGuard")
    assert made.action.targets == (parameters, guard)
    assert made.postconditions == (
        f"HedgeParameters {parameters} has the code of the vote",
        "rehedgeBps is 90",
        "condorNotionalCapBps is 900",
    )


def test_draft_proposal__deployment_without_a_guard__has_the_update_alone(world: World, record: PlanRecord) -> None:
    contracts = {name: at for name, at in world.deployment.contracts.items() if name != "ProposalGuard"}
    bare = replace(world, deployment=world.deployment.model_copy(update={"contracts": contracts}))
    made = draft(bare, record)
    assert (len(made.action.targets), made.postconditions) == (1, ())


def test_draft_proposal__no_code_where_the_guard_should_be__is_refused(world: World, record: PlanRecord) -> None:
    contracts = world.deployment.contracts | {"ProposalGuard": account("outsider").address}
    stale = replace(world, deployment=world.deployment.model_copy(update={"contracts": contracts}))
    with pytest.raises(UnknownAddress, match="is not the guard of proposals on this chain"):
        draft(stale, record)


def test_execution__code_of_the_target_changed_after_the_vote__guard_stops_it(world: World, record: PlanRecord) -> None:
    number = propose(world, record)
    vote(world, number)
    queue(world, number)
    advance_time(world.chain, TERMS.timelock_delay + 1)
    address = world.deployment.address("HedgeParameters")
    code = world.chain.web3.eth.get_code(address).hex()
    world.chain.request("anvil_setCode", address, f"0x{code}00")
    with pytest.raises(ContractReverted, match="CodeDiffers"):
        send_execute(world.snapshot(), account("outsider"), found(world, number))


def test_execution__steward_moved_another_key_meanwhile__guard_lets_it_pass(world: World, record: PlanRecord) -> None:
    number = propose(world, with_changes(record, {CONDOR_CAP: 900}))
    vote(world, number)
    now = world.chain.head().timestamp
    update = build_update({REHEDGE: 90}, now, LIFE, record.inputs_hash).argument()
    act_through_safe(world, "steward", *parameters_call(world, "scheduleUpdate", update))
    queue(world, number)
    act_through_safe(world, "steward", *parameters_call(world, "applyScheduled", update))
    advance_time(world.chain, TERMS.timelock_delay + 1)
    send_confirmed_execution(world.snapshot(), account("outsider"), found(world, number))
    assert (values(world)[CONDOR_CAP], values(world)[REHEDGE]) == (900, 90)


@pytest.mark.parametrize("answer", ["hold", "do not hedge", "leave the pool"])
def test_draft_proposal__answer_is_not_to_hedge__is_not_proposable(
    world: World, record: PlanRecord, answer: str
) -> None:
    plan = copy.deepcopy(record.plan)
    plan["decision"]["answer"] = answer
    with pytest.raises(NotProposable, match=f"its answer is '{answer}'") as caught:
        draft(world, replace(record, plan=plan))
    assert caught.value.answer == answer


@pytest.mark.parametrize("said", [False, None])
def test_draft_proposal__promoters_parameters__are_not_proposable(
    world: World, record: PlanRecord, said: bool | None
) -> None:
    plan = copy.deepcopy(record.plan)
    assert plan["update"].pop("proposable") is True
    plan["update"] |= {} if said is None else {"proposable": said}
    with pytest.raises(NotProposable, match="not the steward's"):
        draft(world, replace(record, plan=plan))


def test_draft_proposal__cancelled__comes_back_only_when_asked_for_and_then_once(
    world: World, record: PlanRecord
) -> None:
    number = propose(world, record)
    send_cancel(world.snapshot(), account("operator"), found(world, number))
    plain = draft(world, record)
    assert (plain.id, plain.state, plain.attempt) == (number, "canceled", 1)
    assert not send_proposal(world.snapshot(), account("operator"), plain)
    second = draft(world, record, again=True)
    assert (second.state, second.attempt) == (None, 2)
    assert "Attempt 2: those before were cancelled or defeated." in second.action.description
    assert send_proposal(world.snapshot(), account("operator"), second)
    for again in (False, True):
        drafted = draft(world, record, again=again)
        assert (drafted.id, drafted.state) == (second.id, "pending")


@pytest.mark.parametrize("again", [False, True])
def test_propose__node_says_that_every_attempt_failed__ends_by_name(
    world: World, record: PlanRecord, again: bool
) -> None:
    state = encode_call("HedgeGovernor", "state", 0).hex[:10]

    def lie(answering: Answering, asked: Asked) -> bool:
        named = asked["method"] == "eth_call" and asked["params"][0]["data"].startswith(state)
        return named and answering.result(asked, "0x" + (3).to_bytes(32).hex())

    with lying_node(world.chain.url, lie) as node:
        lied_to = replace(world, chain=Chain(node.url, world.chain.chain_id))
        with pytest.raises(RefusedAction, match=r"100 such proposals .* ask another node"):
            draft(lied_to, record, again=again)


def test_draft_proposal__block_of_the_plan_is_gone__is_reorganised(world: World, record: PlanRecord) -> None:
    with pytest.raises(Reorganised):
        draft(world, replace(record, block_hash="0x" + "ab" * 32))
