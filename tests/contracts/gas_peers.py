"""What the same operation costs elsewhere: gas of whole transactions on anvil, optimizer at 200 runs.

Each of our operations is named with the key of the snapshot that measures it.
"""

from __future__ import annotations

PARAMETERS, ORACLE, DAO = "gas of HedgeParameters", "gas of VolatilityOracle", "gas of the DAO"
WATCHERS = "gas of the watchers"
SIGNED_PUSH = {"signed push oracle, 2 of 3": 186_222, "OCR2 transmit, f = 1": 91_036, "Scribe poke, 5 signers": 81_025}
OURS: dict[str, tuple[str, str]] = {
    "report_3_signers": (ORACLE, "submit 3 reports"),
    "report_3_signers_history_not_full": (ORACLE, "submit 3 reports, history not yet full"),
    "report_5_signers": (ORACLE, "submit 5 reports"),
    "update_1_parameter": (PARAMETERS, "vote, 1 key"),
    "update_3_parameters": (PARAMETERS, "vote, 3 keys of one layer"),
    "update_3_parameters_after_a_steward": (PARAMETERS, "vote, 3 keys after a steward"),
    "steward_schedule_2_parameters": (PARAMETERS, "steward schedules 2 keys"),
    "steward_apply_2_parameters": (PARAMETERS, "steward applies 2 keys"),
    "guardian_rollback": (PARAMETERS, "guardian undoes a vote"),
    "guardian_pause": (PARAMETERS, "guardian pauses"),
    "governor_propose": (DAO, "propose"),
    "governor_vote": (DAO, "vote"),
    "governor_queue": (DAO, "queue"),
    "governor_execute_with_guard": (DAO, "execute an update and its guard"),
    "realized_volatility_60_slots": (WATCHERS, "measure 60 slots"),
    "automation_apply_3_parameters": (WATCHERS, "apply a row of 3 keys"),
}
PEERS: dict[str, dict[str, int]] = {
    "report_3_signers": SIGNED_PUSH,
    "report_3_signers_history_not_full": SIGNED_PUSH,
    "report_5_signers": {"OCR2 transmit, f = 3": 107_859, "Scribe poke, 10 signers": 106_395},
    "update_1_parameter": {"Sky SPBEAM, 1 parameter": 52_569, "Chaos RiskOracle publish": 255_515},
    "update_3_parameters": {"Sky SPBEAM, 3 parameters": 94_201, "Chaos RiskOracle publish": 255_515},
    "steward_schedule_2_parameters": {"TimelockController schedule": 57_401},
    "steward_apply_2_parameters": {"TimelockController execute": 65_209},
    "governor_propose": {"OpenZeppelin Governor propose": 68_536},
    "governor_vote": {"OpenZeppelin Governor vote, least": 68_670, "OpenZeppelin Governor vote, most": 123_334},
    "governor_queue": {"OpenZeppelin Governor queue": 147_849},
    "governor_execute_with_guard": {"OpenZeppelin Governor execute": 98_501},
    "realized_volatility_60_slots": {"Uniswap v3 observe, 60 slots": 51_014, "Aloe consult": 43_953},
    "automation_apply_3_parameters": {"Aloe volatility update": 196_354},
}
REASONS: dict[str, dict[str, str]] = {
    "update_3_parameters": {
        "reason": "79,008 before. Tuples lie in named arrays and keys in packed structs, so the last good tuple is a "
        "copy of up to three words and each field is read by its name. A vote comes once a week; an auditor's hour is "
        "dearer. The limit is 105,000."
    },
    "update_3_parameters_after_a_steward": {
        "reason": "95,866 before. What the steward changed becomes the voted tuple with this vote, so that a second "
        "tuple is copied."
    },
}
